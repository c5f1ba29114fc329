"""Many runs of one experiment: search and workers."""
