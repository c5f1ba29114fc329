"""Experiments with reservoirs: fixed networks whose readout alone learns."""
