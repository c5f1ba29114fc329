"""Error paths on one leaderboard: every row on every task, under one protocol."""
