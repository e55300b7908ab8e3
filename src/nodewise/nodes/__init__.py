"""From masks to one row per region: size, shape, level, and what the maps say in it."""

from nodewise.nodes.region import on_grid, share_within, shell
from nodewise.nodes.size import Size, size
from nodewise.nodes.statistics import FEATURES, summary

__all__ = ["FEATURES", "Size", "on_grid", "share_within", "shell", "size", "summary"]
