"""The benchmark networks: plain Brian2 models that know nothing of the engine.

Every module has one function ``network`` that returns a ``brian2.Network``; all random
constants come from a seeded NumPy generator, so each target simulates the same network.
"""
