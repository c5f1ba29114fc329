"""e-prop (Bellec and others 2020): pages of experiments."""
