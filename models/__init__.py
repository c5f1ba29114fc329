"""One package for each paper; every model is a Brian2 network."""
