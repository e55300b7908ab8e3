"""Specimens, and which image node is which specimen node."""

from nodewise.truth.matching import (
    Confidence,
    Dissection,
    ImageNode,
    Match,
    SpecimenNode,
    match,
)
from nodewise.truth.units import (
    ANALYSED,
    OTHER_SIDE,
    UNIVERSE,
    UNLIKE,
    UNREAD,
    WITHOUT_VALUE,
    Cutoff,
    Neck,
    Reading,
    Unit,
    units,
)

__all__ = [
    "ANALYSED",
    "OTHER_SIDE",
    "UNIVERSE",
    "UNLIKE",
    "UNREAD",
    "WITHOUT_VALUE",
    "Confidence",
    "Cutoff",
    "Dissection",
    "ImageNode",
    "Match",
    "Neck",
    "Reading",
    "SpecimenNode",
    "Unit",
    "match",
    "units",
]
