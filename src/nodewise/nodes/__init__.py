"""From masks to one row per region: size, shape, level, and what the maps say in it."""
