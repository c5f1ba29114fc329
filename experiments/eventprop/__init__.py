"""Experiments of one paper: EventProp (Wunderlich and Pehle 2021)."""
