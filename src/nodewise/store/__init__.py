"""A study's folder: two databases and a shelf of arrays."""
