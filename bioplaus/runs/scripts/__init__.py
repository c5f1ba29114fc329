"""Any Brian2 script as an experiment: its runs divided, its loops kept, its numbers tuned."""
