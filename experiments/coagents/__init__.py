"""Experiments of one family: coagent networks (Kostas, Nota and Thomas 2020)."""
