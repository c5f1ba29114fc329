"""Equilibrium propagation for vector fields (Scellier and others 2018): pages of experiments."""
