"""Experiments of one paper: Burst-multiplexed feedback (Greedy 2022, Payeur 2021)."""
