"""Experiments about gradients of recurrent networks, whole and online."""
