"""Experiments of one paper: Dendritic cortical microcircuits (Sacramento 2018)."""
