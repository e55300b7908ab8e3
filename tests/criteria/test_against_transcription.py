"""The tables against a transcription of the text that was written without seeing them.

Each neck is made from its facts, once as nodes for the tables and once as a `Neck` for
`transcription.py`. The size that the basis does not count, and the kinds of extension that it
does not ask, are always given as decoys.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice, product

import pytest
import transcription as text
from transcription import Neck

from nodewise.anatomy import RelativeSide, Side
from nodewise.criteria import tnm
from nodewise.criteria.ene import Pene, Sign
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.rules import Confidence
from nodewise.criteria.tnm import Edition, Site, Tumour

IPSI, CONTRA = RelativeSide.IPSILATERAL, RelativeSide.CONTRALATERAL
C, P = Basis.CLINICAL, Basis.PATHOLOGICAL
SIZES = (29.9, 30.0, 30.1, 59.9, 60.0, 60.1)
COUNTS = (1, 2, 4, 5)
SIDES = ((IPSI,), (CONTRA,), (IPSI, CONTRA), (Side.MIDLINE,), (None,), (Side.MIDLINE, CONTRA))
"""Sides that a neck's nodes take in turn; the midline and an unstated side are ipsilateral."""

ALIKE, CROSSED, BACKWARDS = None, (0, -1, -1), (-1, 0, -1)
"""Which node has the size, cENE and pENE, and iENE; ALIKE is all of them."""

RETRO = "RETROPHARYNGEAL"
ANYWHERE = ("IV", RETRO, "II", "VB", "III")
"""For the sites where position must not matter."""


@dataclass(frozen=True, slots=True)
class Extension:
    """The three kinds of ENE of one neck."""

    clinical: bool
    grade: int
    pathological: str


EXTENSIONS = {
    C: [Extension(c, g, "none" if c else "major") for c, g in product((False, True), range(4))],
    P: [Extension(p == "none", 3 * (p in ("none", "minor")), p) for p in Pene],
}
Case = tuple[tuple[MetastaticNode, ...], Neck]


@dataclass(frozen=True, slots=True)
class Layout:
    """Side and level of each node, and which of them carry the size and the extension."""

    sides: tuple[RelativeSide | Side | None, ...]
    levels: tuple[str, ...]
    carriers: tuple[int, int, int] | None

    def carrying(self) -> list[set[int]]:
        """The nodes that have the size, cENE and pENE, and iENE."""
        nodes = range(len(self.sides))
        if self.carriers is None:
            return [set(nodes)] * 3
        return [{nodes[index]} for index in self.carriers]


@cache
def node(side, level, size, extension, basis):
    """One node; its size of the other basis is far beyond, or far below, every border."""
    other = 90.0 if size <= 60 else 5.0
    clinical = basis is C
    return MetastaticNode(
        side=side,
        level="III" if level == "flagged" else level,
        below_cricoid=True if level == "flagged" else None,
        long_axis_mm=size if clinical else other,
        deposit_mm=other if clinical else size,
        cene_signs=frozenset({Sign.FIXATION}) if extension.clinical else frozenset(),
        cene_supported=True,
        iene_grade=extension.grade,
        pene=extension.pathological,
    )


def nodes_of(layout, size, extension, basis):
    """A neck whose size and extension lie in the carrying nodes, the others small and intact."""
    big, clinical, imaging = layout.carrying()
    return tuple(
        node(
            side,
            level,
            size if i in big else 6.0,
            Extension(
                extension.clinical and i in clinical,
                extension.grade if i in imaging else 0,
                extension.pathological if i in clinical else "none",
            ),
            basis,
        )
        for i, (side, level) in enumerate(zip(layout.sides, layout.levels, strict=True))
    )


def described(layout, size, extension):
    """The same neck as the transcription wants it."""
    words = ["contralateral" if side is CONTRA else "ipsilateral" for side in layout.sides]
    return Neck(
        count=len(words),
        sides=frozenset(words),
        cervical_sides=frozenset(
            word for word, level in zip(words, layout.levels, strict=True) if level != RETRO
        ),
        largest_mm=size,
        c_ene=extension.clinical,
        i_ene_grade=extension.grade,
        p_ene=extension.pathological != "none",
        below_cricoid=not {"flagged", "IV", "VB"}.isdisjoint(layout.levels),
    )


def positions(count):
    """Where the nodes of a nasopharyngeal neck lie, each way once."""
    rest = ("III",) * (count - 1)
    return dict.fromkeys(
        [("III", *rest), (*rest, "IV"), (*rest, "flagged"), (RETRO,) * count,
         (RETRO, *rest), (*rest, RETRO)]
    )  # fmt: skip


def layouts(nasopharynx):
    """Every way to lay out the nodes of a neck that has some."""
    for count in COUNTS:
        sided = dict.fromkeys(tuple(way[i % len(way)] for i in range(count)) for way in SIDES)
        places = positions(count) if nasopharynx else [ANYWHERE[:count]]
        several = () if count == 1 else (BACKWARDS,) if nasopharynx else (CROSSED, BACKWARDS)
        for way in product(sided, places, (ALIKE, *several)):
            yield Layout(*way)


@cache
def grid(basis, *, nasopharynx) -> list[Case]:
    """Every combination of the facts that count on this basis."""
    sizes = (30.1, 60.0, 60.1) if nasopharynx else SIZES
    return [
        ((), Neck()),
        *(
            (nodes_of(layout, size, extension, basis), described(layout, size, extension))
            for layout, size, extension in product(layouts(nasopharynx), sizes, EXTENSIONS[basis])
        ),
    ]


LARYNX = Tumour(site=Site.LARYNX)
HPV = Tumour(site=Site.OROPHARYNX, p16="positive")
NPC = Tumour(site=Site.NASOPHARYNX)
RULES: dict[str, tuple[Tumour, Edition, Basis, Callable[[Neck], str]]] = {
    "larynx AJCC8 c": (LARYNX, Edition.AJCC8, C, text.p16_negative_clinical_8),
    "larynx AJCC8 p": (LARYNX, Edition.AJCC8, P, text.p16_negative_pathological_8),
    "larynx UICC8 c": (LARYNX, Edition.UICC8, C, text.p16_negative_clinical_8),
    "larynx UICC8 p": (LARYNX, Edition.UICC8, P, text.p16_negative_pathological_8),
    "larynx UICC9 c": (LARYNX, Edition.UICC9, C, text.p16_negative_clinical_uicc9),
    "larynx UICC9 p": (LARYNX, Edition.UICC9, P, text.p16_negative_pathological_8),
    "HPV AJCC8 c": (HPV, Edition.AJCC8, C, text.p16_positive_clinical_8),
    "HPV AJCC8 p": (HPV, Edition.AJCC8, P, text.p16_positive_pathological_8),
    "HPV UICC8 c": (HPV, Edition.UICC8, C, text.p16_positive_clinical_8),
    "HPV UICC8 p": (HPV, Edition.UICC8, P, text.p16_positive_pathological_8),
    "HPV AJCC9 c": (HPV, Edition.AJCC9, C, text.p16_positive_clinical_9),
    "HPV AJCC9 p": (HPV, Edition.AJCC9, P, text.p16_positive_pathological_9),
    "NPC AJCC8 c": (NPC, Edition.AJCC8, C, text.nasopharynx_8),
    "NPC AJCC8 p": (NPC, Edition.AJCC8, P, text.nasopharynx_8),
    "NPC UICC8 c": (NPC, Edition.UICC8, C, text.nasopharynx_8),
    "NPC UICC8 p": (NPC, Edition.UICC8, P, text.nasopharynx_8),
    "NPC AJCC9 c": (NPC, Edition.AJCC9, C, text.nasopharynx_9),
    "NPC AJCC9 p": (NPC, Edition.AJCC9, P, text.nasopharynx_9),
}


def disagreements(name):
    """(neck, what the tables say) wherever that is not the transcription's category."""
    tumour, edition, basis, rule = RULES[name]
    step = 5 if edition is Edition.UICC8 else 1  # its tables are those of AJCC8
    for nodes, neck in grid(basis, nasopharynx=tumour is NPC)[::step]:
        found = tnm.stage(nodes, tumour, edition, basis=basis)
        if found.decision.answers != (rule(neck),):
            yield neck, found


@pytest.mark.parametrize("name", [name for name in RULES if not name.startswith("NPC AJCC9")])
def test_the_tables_agree_with_the_text_on_every_neck(name):
    assert list(islice(disagreements(name), 5)) == []


@pytest.mark.parametrize(
    ("name", "either_way", "tables_say"),
    [
        (
            "NPC AJCC9 c",  # "N1/N2: no clinical ENE", and "only grade 3 upgrades"
            lambda neck: neck.c_ene and text.nasopharynx_9(neck) in ("N1", "N2"),
            lambda neck: "N3",
        ),
        (
            "NPC AJCC9 p",  # no pathological table in the text but "with or without pENE"
            lambda neck: neck.i_ene_grade == 3 and text.nasopharynx_8(neck) in ("N1", "N2"),
            text.nasopharynx_8,
        ),
    ],
)
def test_where_the_text_can_be_read_in_two_ways_the_tables_do_not_claim_to_be_sure(
    name, either_way, tables_say
):
    tumour, _, basis, _ = RULES[name]
    found = list(disagreements(name))
    two_ways = [neck for _, neck in grid(basis, nasopharynx=tumour is NPC) if either_way(neck)]
    assert [neck for neck, _ in found] == two_ways != []
    for neck, staged in found:
        assert staged.decision.answers == (tables_say(neck),)
        assert staged.decision.row_of(staged.category).confidence is not Confidence.HIGH


ONE_LETTER = ("Tis", "T0", "T1", "T2", "T3", "T4")


def known_primary_group_8(t, n, m):
    """A primary that is known and not T0."""
    if t == "T0" and n != "N3" and m == "M0":
        return None
    return text.p16_negative_group_8(t, n, m)


PRIMARIES = [
    *((Tumour(site=site), ("Tis", "T0", "T1", "T2", "T3", "T4a", "T4b"), known_primary_group_8)
      for site in (Site.ORAL_CAVITY, Site.LARYNX, Site.HYPOPHARYNX, Site.OROPHARYNX,
                   Site.SINONASAL, Site.MAJOR_SALIVARY)),
    (Tumour(site=Site.UNKNOWN_PRIMARY), ("T0",), text.p16_negative_group_8),
    (NPC, ONE_LETTER, text.nasopharynx_group_8),
]  # fmt: skip
GROUPS = [
    *((tumour, edition, basis, ts, rule) for tumour, ts, rule in PRIMARIES
      for edition in (Edition.AJCC8, Edition.UICC8) for basis in (C, P)),
    *((tumour, Edition.UICC9, basis, ts, rule) for tumour, ts, rule in PRIMARIES
      if tumour not in (NPC, Tumour(site=Site.MAJOR_SALIVARY)) for basis in (C, P)),
    *((HPV, edition, C, ONE_LETTER, text.p16_positive_clinical_group_8)
      for edition in (Edition.AJCC8, Edition.UICC8)),
    *((HPV, edition, P, ONE_LETTER, text.p16_positive_pathological_group_8)
      for edition in (Edition.AJCC8, Edition.UICC8)),
    (HPV, Edition.AJCC9, C, ONE_LETTER[1:], text.p16_positive_clinical_group_8),  # as assumed
    *((NPC, Edition.AJCC9, basis, ONE_LETTER, text.nasopharynx_group_9) for basis in (C, P)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tumour", "edition", "basis", "ts", "rule"),
    GROUPS,
    ids=[f"{case[0].site} {' '.join(case[1:3])} {case[0].p16}" for case in GROUPS],
)
def test_stage_groups_agree_with_the_text(tumour, edition, basis, ts, rule):
    necks = {
        tnm.stage(nodes, tumour, edition, basis=basis).category[:2]: nodes
        for nodes, _ in grid(basis, nasopharynx=tumour is NPC)[::7]
    }
    assert set(necks) == {"N0", "N1", "N2"} | ({"N3"} if tumour is not HPV or basis is C else set())
    ms = ("M0", "M1a", "M1b") if edition is Edition.AJCC9 else ("M0", "M1a", "M1")
    for (n, nodes), t, m in product(necks.items(), ts, ms):
        primary = Tumour(site=tumour.site, p16=tumour.p16, t=t, m=m)
        staged = tnm.stage(nodes, primary, edition, basis=basis)
        assert staged.group.answer == rule(t, n, m), (t, n, m)
        rows, facts = staged.group.rows, staged.group.facts
        fits = {row.answer for row in rows if all(row.asks(facts).values())}
        assert fits == set(staged.group.answers), (t, n, m)  # for certain, and in any order


def test_nothing_is_said_of_pathological_groups_of_version_9_that_nobody_knows():
    for t, m in product(ONE_LETTER, ("M0", "M1")):
        primary = Tumour(site=HPV.site, p16="positive", t=t, m=m)
        for nodes, _ in grid(P, nasopharynx=False)[::97]:
            assert tnm.stage(nodes, primary, Edition.AJCC9, basis=P).group.answers == ()
