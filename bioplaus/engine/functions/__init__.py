"""Functions in equations, the user's Python functions above all, as text for one element."""
