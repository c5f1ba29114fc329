"""Running things: pages of experiments, and any Brian2 script, divided, kept and taken up."""
