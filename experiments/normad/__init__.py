"""Experiments of one paper: NormAD (Anwani and Rajendran 2015, 2018)."""
