"""Rules that learn over time on one leaderboard: the same tasks, under one protocol."""
