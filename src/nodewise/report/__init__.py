"""From tables to one page that a reviewer can check."""

from nodewise.report.folder import write
from nodewise.report.forest import ForestRow
from nodewise.report.levels import level_page
from nodewise.report.page import page
from nodewise.report.sheet import Sheet
from nodewise.report.study import Picture, Provenance, Step

__all__ = ["ForestRow", "Picture", "Provenance", "Sheet", "Step", "level_page", "page", "write"]
