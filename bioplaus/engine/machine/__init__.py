"""What compiled text calls: support functions, random numbers, the cable equation, denormals.

Imports nothing else of the engine.
"""
