"""Experiments on replay."""
