"""Experiments of one paper: SuperSpike (Zenke and Ganguli 2018)."""
