"""The same networks in other simulators, each in a process of its own: ``python -m
benchmarks.simulators``."""
