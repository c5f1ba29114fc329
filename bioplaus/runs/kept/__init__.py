"""State that lets a run go on to the bit: values, objects of Brian, random streams, points."""
