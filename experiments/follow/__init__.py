"""Experiments of one paper: FOLLOW (Gilra and Gerstner 2017)."""
