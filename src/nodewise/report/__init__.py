"""From tables to one page that a reviewer can check."""

from nodewise.report.figure_file import figure_file
from nodewise.report.folder import write
from nodewise.report.forest import ForestRow
from nodewise.report.levels import level_page
from nodewise.report.page import page
from nodewise.report.roc import cutoff_mark, roc_figure
from nodewise.report.sheet import Sheet
from nodewise.report.size_curve import SizePoint, size_curve
from nodewise.report.study import Picture, Provenance, Step
from nodewise.report.time_curve import Bolus, time_curve

__all__ = [
    "Bolus",
    "ForestRow",
    "Picture",
    "Provenance",
    "Sheet",
    "SizePoint",
    "Step",
    "cutoff_mark",
    "figure_file",
    "level_page",
    "page",
    "roc_figure",
    "size_curve",
    "time_curve",
    "write",
]
