"""``bioplaus describe``: the tables in which papers describe a network."""
