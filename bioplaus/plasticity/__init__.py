"""Local learning rules, one module each."""
