"""Runs: the compiled loop of a network, entering it again, progress, errors."""
