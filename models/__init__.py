"""One package for each paper: Brian2 networks, and the references that they are measured by."""
