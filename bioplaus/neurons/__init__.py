"""Membrane and compartment equations that several models share."""
