"""Experiments of one paper: Equilibrium propagation (Scellier 2018 and relatives)."""
