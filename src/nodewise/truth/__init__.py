"""Specimens, and which image node is which specimen node."""
