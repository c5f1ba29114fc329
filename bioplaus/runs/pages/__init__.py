"""Pages of experiments: what one is, what it talks to, how it is run, recorded and taken up."""
