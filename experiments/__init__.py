"""One short script for each figure or table of a paper."""
