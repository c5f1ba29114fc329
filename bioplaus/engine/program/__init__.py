"""Kernels, the loops that they are, steps, and the module that is written of them and compiled."""
