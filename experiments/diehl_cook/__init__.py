"""Unsupervised digits by spike timing (Diehl and Cook 2015): pages of experiments."""
