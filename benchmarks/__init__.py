"""Speed and memory of the engine beside Brian2's own targets, and Brian2's own evidence on it.

``python -m benchmarks.speed`` times four networks on every target, ``python -m
benchmarks.brian2_suite`` runs Brian2's test suite on the engine, and ``python -m
benchmarks.brian2_examples FOLDER`` runs Brian2's published examples on it.
"""
