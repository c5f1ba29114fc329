"""Reading a script without running it: its constants, loops, names and what follows from them."""
