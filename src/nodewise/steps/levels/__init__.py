"""Levels of the neck without a study: where nodes lie, and what a test says level by level."""
