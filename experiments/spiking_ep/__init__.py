"""Equilibrium propagation with spikes (O'Connor and others 2019): pages of experiments."""
