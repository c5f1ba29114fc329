"""Spike timing in networks (Song 2000, Pfister 2006, Izhikevich 2007, Florian 2007): pages."""
