"""Ways to make a step cheaper: a module for each."""
