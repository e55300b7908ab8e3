"""Contrast cines: regions followed through the frames, boluses read off."""
