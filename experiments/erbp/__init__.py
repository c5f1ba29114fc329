"""Experiments of one paper: Event-driven random back-propagation (Neftci 2017)."""
