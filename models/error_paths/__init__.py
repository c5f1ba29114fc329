"""Error paths: every way of telling a layered network what to change, as rows of one table."""
