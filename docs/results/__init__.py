"""Kept evidence: one JSON file and one figure for each result, written by ``bioplaus reproduce``."""
