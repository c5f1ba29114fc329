"""Published results beside ours: the tables, the bands, the runs, the kept evidence."""
