"""A web page over run directories."""
