"""Running any Brian2 script as an experiment: read, divided, kept, taken up to the bit."""
