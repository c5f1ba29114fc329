"""Equilibrium propagation in discrete time (Ernoult and others 2019, 2020): pages."""
