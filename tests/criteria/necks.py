"""Necks to stage: every combination of what matters, and random ones for laws."""

from itertools import combinations_with_replacement, product

from hypothesis import strategies as st

from nodewise.anatomy import RelativeSide, Side
from nodewise.criteria.ene import Pene, Sign
from nodewise.criteria.neck import MetastaticNode

IPSI, CONTRA = RelativeSide.IPSILATERAL, RelativeSide.CONTRALATERAL
SIZES = (30.0, 30.1, 60.0, 60.1)


def node(side=IPSI, size=20.0, *, cene=False, iene=0, pene="none", level="II", **more):
    """A node of which everything is known."""
    return MetastaticNode(
        side=side,
        level=level,
        long_axis_mm=size,
        deposit_mm=size,
        cene_signs=frozenset({Sign.SKIN}) if cene else frozenset(),
        cene_supported=True,
        iene_grade=iene,
        pene=Pene(pene),
        **more,
    )


KINDS = [
    node(side, size, cene=cene, iene=iene, pene=pene)
    for side, size, (cene, iene, pene) in product(
        (IPSI, CONTRA, Side.MIDLINE),
        SIZES,
        ((False, 0, "none"), (True, 0, "none"), (False, 1, "none"), (False, 3, "minor"),
         (False, 0, "major")),
    )
]  # fmt: skip
"""Kinds of node whose pairs meet every row of every table outside the nasopharynx."""


def grid():
    """Necks of no, one and two nodes of every kind, and of three to six like ones."""
    yield ()
    for kind in KINDS:
        yield from ((kind,) * count for count in (1, 3, 4, 5, 6))
        yield (*(node(IPSI),) * 4, kind)
    yield from combinations_with_replacement(KINDS, 2)


LEVELS = ("IIA", "III", "IV", "VA", "VB", "V", "RETROPHARYNGEAL", None)

NODES = st.builds(
    node,
    st.sampled_from((Side.LEFT, Side.RIGHT, Side.MIDLINE)),
    st.sampled_from((5.0, 20.0, *SIZES, 80.0)),
    cene=st.booleans(),
    iene=st.integers(0, 3),
    pene=st.sampled_from(("none", "minor", "major")),
    level=st.sampled_from(LEVELS),
)
NECKS = st.lists(NODES, max_size=7)
