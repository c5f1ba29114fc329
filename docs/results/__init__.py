"""Kept evidence: a JSON file and a figure for each result, written by ``bioplaus reproduce``."""
