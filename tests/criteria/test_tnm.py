"""N categories: the order of rows, the laws of staging, and what stays open."""

from itertools import product

import necks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodewise.anatomy import RelativeSide, Side
from nodewise.criteria import neck, tnm
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.rules import exactly, table
from nodewise.criteria.tnm import ORDER, Edition, Marks, Site, Tumour
from nodewise.errors import StagingError

C, P = Basis.CLINICAL, Basis.PATHOLOGICAL
LARYNX = Tumour(site=Site.LARYNX, side=Side.LEFT)
HPV = Tumour(site=Site.OROPHARYNX, p16="positive", side=Side.LEFT)
NPC = Tumour(site=Site.NASOPHARYNX, side=Side.LEFT)
RULES = {
    "larynx AJCC8 c": (LARYNX, Edition.AJCC8, C),
    "larynx AJCC8 p": (LARYNX, Edition.AJCC8, P),
    "larynx UICC8 c": (LARYNX, Edition.UICC8, C),
    "larynx UICC8 p": (LARYNX, Edition.UICC8, P),
    "larynx UICC9 c": (LARYNX, Edition.UICC9, C),
    "larynx UICC9 p": (LARYNX, Edition.UICC9, P),
    "HPV AJCC8 c": (HPV, Edition.AJCC8, C),
    "HPV AJCC8 p": (HPV, Edition.AJCC8, P),
    "HPV AJCC9 c": (HPV, Edition.AJCC9, C),
    "HPV AJCC9 p": (HPV, Edition.AJCC9, P),
    "NPC AJCC8 c": (NPC, Edition.AJCC8, C),
    "NPC AJCC9 c": (NPC, Edition.AJCC9, C),
    "NPC AJCC9 p": (NPC, Edition.AJCC9, P),
}
EVERY = pytest.mark.parametrize(("tumour", "edition", "basis"), RULES.values(),
                                ids=RULES)  # fmt: skip


SAMPLED = settings(max_examples=40, deadline=None)
"""The tables agree with the text on every neck: test_against_transcription.py."""


def staged(nodes, tumour=LARYNX, edition=Edition.AJCC8, basis=C):
    return tnm.stage(nodes, tumour, edition, basis=basis)


def nasopharyngeal_grid():
    kinds = [
        necks.node(side, size, iene=iene, cene=cene, level=level)
        for side, size, level, (iene, cene) in product(
            (necks.IPSI, necks.CONTRA, Side.MIDLINE),
            (60.0, 60.1),
            ("III", "IV", "VA", "VB", "RETROPHARYNGEAL"),
            ((0, False), (2, False), (3, False), (0, True)),
        )
    ]
    yield ()
    yield from ((kind,) for kind in kinds)
    yield from product(kinds, kinds)


@pytest.mark.parametrize("name", RULES)
def test_every_row_decides_some_neck_and_the_order_of_rows_does_not_matter(name):
    tumour, edition, basis = RULES[name]
    rules = table(tnm._editions()[edition, tnm.route(tumour).answer].categories)
    met = set()
    for nodes in nasopharyngeal_grid() if tumour is NPC else necks.grid():
        facts = neck.facts(nodes, basis)
        fits = [row for row in rules.rows if all(row.asks(facts).values())]
        assert len({row.answer for row in fits}) == 1
        met |= {row.number for row in fits}
    mine = {r.number for r in rules.rows if basis in r.conditions.get("basis", {basis})}
    assert met == mine


@EVERY
@SAMPLED
@given(nodes=necks.NECKS, another=necks.NODES)
def test_one_more_node_never_lowers_the_category(tumour, edition, basis, nodes, another):
    before, after = (staged(n, tumour, edition, basis) for n in (nodes, [*nodes, another]))
    assert ORDER.index(after.category) >= ORDER.index(before.category)


@EVERY
@SAMPLED
@given(nodes=st.lists(necks.NODES, min_size=1, max_size=5), more=st.sampled_from((0.1, 10, 40)))
def test_a_larger_node_never_lowers_the_category(tumour, edition, basis, nodes, more):
    grown = {name: getattr(nodes[0], name) + more for name in ("long_axis_mm", "deposit_mm")}
    larger = [nodes[0].model_copy(update=grown), *nodes[1:]]
    before, after = (staged(n, tumour, edition, basis).category for n in (nodes, larger))
    assert ORDER.index(after) >= ORDER.index(before)


MIRROR = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.MIDLINE: Side.MIDLINE, None: None}


@EVERY
@SAMPLED
@given(nodes=necks.NECKS, side=st.sampled_from((Side.LEFT, Side.RIGHT, Side.MIDLINE, None)))
def test_mirroring_the_patient_changes_nothing(tumour, edition, basis, nodes, side):
    here = Tumour(site=tumour.site, p16=tumour.p16, side=side)
    there = Tumour(site=tumour.site, p16=tumour.p16, side=MIRROR[side])
    mirrored = [node.model_copy(update={"side": MIRROR[node.side]}) for node in nodes]
    assert (
        staged(nodes, here, edition, basis).category
        == staged(mirrored, there, edition, basis).category
    )


@EVERY
@SAMPLED
@given(nodes=necks.NECKS, seed=st.randoms())
def test_the_order_of_nodes_changes_nothing(tumour, edition, basis, nodes, seed):
    shuffled = seed.sample(nodes, len(nodes))
    found = staged(nodes, tumour, edition, basis).category
    assert found == staged(shuffled, tumour, edition, basis).category


BLANKS = ("long_axis_mm", "deposit_mm", "cene_signs", "iene_grade", "pene")


@EVERY
@SAMPLED
@given(nodes=st.lists(necks.NODES, min_size=1, max_size=4), blank=st.sampled_from(BLANKS))
def test_what_is_left_open_always_holds_the_truth(tumour, edition, basis, nodes, blank):
    truth = staged(nodes, tumour, edition, basis).category
    open_ = [nodes[0].model_copy(update={blank: None}), *nodes[1:]]
    found = staged(open_, tumour, edition, basis)
    assert truth in {found.category, *found.could_be}
    assert ORDER.index(found.category) <= ORDER.index(truth)


@pytest.mark.parametrize(
    ("nodes", "category"),
    [
        ([necks.node(size=30, pene="minor")], "N2a"),  # the usual coding errors of the 8th edition
        ([necks.node(size=30.1, pene="minor")], "N3b"),
        ([necks.node(necks.CONTRA, 5, pene="minor")], "N3b"),
        ([necks.node(size=5, pene="minor"), necks.node(size=5)], "N3b"),
        ([necks.node(size=60.1, pene="major")], "N3b"),
    ],
)
def test_usual_coding_errors_of_pathological_n_are_not_made(nodes, category):
    assert staged(nodes, basis=P).category == category


@pytest.mark.parametrize(
    ("supported", "grade", "certainty", "categories"),
    [
        (True, None, None, ("N3b",)),
        (False, 3, 1.0, ("N1",)),
        (None, 1, 0.75, ("N3b",)),
        (None, 1, 0.74, ("N1",)),
        (None, None, None, ("N1", "N3b")),
    ],
)
def test_clinical_signs_count_where_imaging_supports_them(supported, grade, certainty, categories):
    signs = necks.node(cene=True).model_copy(
        update={"cene_supported": supported, "iene_grade": grade, "iene_certainty": certainty}
    )
    assert staged([signs]).decision.answers == categories


def test_retropharyngeal_nodes_of_both_sides_alone_are_n1_in_the_nasopharynx():
    both = [necks.node(side, level="RETROPHARYNGEAL") for side in (necks.IPSI, necks.CONTRA)]
    assert staged(both, NPC).category == "N1"
    assert staged([*both, necks.node(necks.CONTRA)], NPC).category == "N1"
    assert staged([*both, necks.node(necks.CONTRA), necks.node()], NPC).category == "N2"


def test_imaging_extension_alone_counts_in_uicc9_and_not_in_the_eighth_edition():
    alone = [necks.node(iene=1)]
    found = {one.edition: one.category for one in tnm.compare(alone, LARYNX)}
    assert found == {"AJCC8": "N1", "UICC8": "N1", "UICC9": "N3b"}


@pytest.mark.parametrize(("grade", "category"), [(1, "N1"), (2, "N1"), (3, "N3")])
def test_only_advanced_extension_raises_the_nasopharynx(grade, category):
    assert staged([necks.node(iene=grade)], NPC, Edition.AJCC9).category == category


def test_an_unknown_size_gives_the_lowest_category_and_says_what_could_be():
    nodes = [MetastaticNode(side=necks.IPSI, level="II", cene_signs=frozenset())]
    found = staged(nodes)
    assert (found.category, found.could_be) == ("N1", ("N2a", "N3a"))
    assert found.decision.open_facts == ("largest_mm",)


def test_level_v_without_its_half_leaves_the_cricoid_open():
    found = staged([necks.node(level="V")], NPC)
    assert (found.category, found.could_be) == ("N1", ("N3",))
    assert staged([necks.node(level="V", below_cricoid=True)], NPC).category == "N3"


def test_sides_told_in_two_ways_need_the_tumours_side():
    nodes = [necks.node(necks.IPSI), necks.node(Side.LEFT)]
    with pytest.raises(StagingError, match="side of the primary"):
        staged(nodes, Tumour(site=Site.LARYNX))
    assert staged(nodes, LARYNX).category == "N2b"


def test_prefixes_stand_before_the_label_and_change_no_rule():
    nodes = [necks.node()]
    labels = [
        tnm.stage(nodes, LARYNX, Edition.AJCC8, basis=P, marks=Marks(prefix=p)).label
        for p in ("", "y", "a")
    ]
    assert labels == ["pN1", "ypN1", "aN1"]
    assert tnm.stage(nodes, LARYNX, Edition.AJCC8, marks=Marks(prefix="r")).label == "rcN1"
    with pytest.raises(StagingError, match="autopsy"):
        tnm.stage(nodes, LARYNX, Edition.AJCC8, marks=Marks(prefix="a"))


@pytest.mark.parametrize(
    ("basis", "specimens", "label"),
    [
        (P, ("sentinel node",), "pN1(sn)"),
        (P, ("sentinel node", "resection"), "pN2b"),
        (P, ("core biopsy",), "pN1(f)"),
        (P, ("fine-needle aspirate", "sentinel node"), "pN2b(sn)"),
        (C, ("resection", "fine-needle aspirate"), "cN2b(f)"),
        (C, ("resection",), "cN1"),
    ],
)
def test_a_needle_or_a_sentinel_node_without_a_dissection_stands_behind_the_label(
    basis, specimens, label
):
    nodes = [necks.node(specimen=specimen) for specimen in specimens]
    assert staged(nodes, basis=basis).label == label


def test_the_procedure_can_be_told_where_no_node_tells_it():
    found = tnm.stage([], LARYNX, Edition.AJCC8, basis=P, marks=Marks(procedure="sn"))
    assert found.label == "pN0(sn)"


@EVERY
def test_a_neck_that_could_not_be_assessed_is_nx_and_leaves_every_category(tumour, edition, basis):
    found = staged(None, tumour, edition, basis)
    assert (found.category, found.label[1:], found.suffix) == ("NX", "NX", "")
    assert {"N0", "N1", "N2", "N3"} - {name[:2] for name in found.could_be} <= {"N3"}


def test_an_unknown_primary_is_t0_and_nothing_else():
    unknown = {"site": Site.UNKNOWN_PRIMARY, "m": "M0"}
    assert staged([necks.node()], Tumour(**unknown)).group.answer == "III"
    with pytest.raises(StagingError, match="T0, not T2"):
        staged([necks.node()], Tumour(**unknown, t="T2"))


@pytest.mark.parametrize(
    ("side", "primary", "seen"),
    [
        (Side.LEFT, Side.LEFT, "ipsilateral"),
        (Side.LEFT, Side.RIGHT, "contralateral"),
        (Side.LEFT, Side.MIDLINE, "ipsilateral"),
        (Side.LEFT, None, "ipsilateral"),
        (Side.MIDLINE, Side.LEFT, "ipsilateral"),
        (None, Side.LEFT, "ipsilateral"),
        (RelativeSide.CONTRALATERAL, Side.LEFT, "contralateral"),
    ],
)
def test_a_side_is_seen_from_the_tumour(side, primary, seen):
    assert neck.relative_side([MetastaticNode(side=side)], primary) == seen


def test_an_edition_that_is_not_established_says_what_there_is():
    with pytest.raises(StagingError, match=r"AJCC9 for head and neck .* AJCC8, UICC8, UICC9"):
        staged([], edition=Edition.AJCC9)


def test_a_row_that_is_not_sure_says_so():
    found = staged([necks.node()], HPV, Edition.AJCC9)
    assert "confidence medium" in found.decision.row_of("N1").origin
    assert exactly("N1") == found.group.facts["n"]
    assert all(row.confidence == "L" for row in table("stage_oropharynx_hpv_ajcc9").rows)


@pytest.mark.parametrize(
    ("levels", "suffix"), [(("II", "III"), "U"), (("II", "IV"), "L"), (("II", "V"), ""), ((), "")]
)
def test_u_and_l_say_where_the_nodes_lie_against_the_cricoid(levels, suffix):
    nodes = [necks.node(level=level) for level in levels]
    assert staged(nodes).suffix == suffix
    assert staged(nodes, edition=Edition.UICC8).suffix == ""


def test_notes_say_which_conventions_were_applied_and_which_size_is_missing():
    nodes = [
        necks.node(Side.MIDLINE, iene=2, iene_certainty=0.5),
        necks.node(None, matting="fibrosis"),
        necks.node(cene=True).model_copy(update={"cene_supported": False, "deposit_mm": None}),
    ]
    clinical, pathological = (staged(nodes, basis=basis).notes for basis in (C, P))
    for says in ("node 1: midline", "certainty of 50%, below 75%", "node 2: side not stated",
                 "no matting", "(skin) that imaging does not support"):  # fmt: skip
        assert any(says in note for note in clinical)
    assert not any("not recorded" in note for note in clinical)
    assert any("node 3: deposit_mm not recorded" in note for note in pathological)


@pytest.mark.parametrize(
    ("specimen", "pene", "says"),
    [
        ("sentinel node", "none", "tells presence of ENE, not its absence"),
        ("core biopsy", "major", "not told by a core biopsy"),
        ("sentinel node", "major", None),
        ("resection", "none", None),
    ],
)
def test_a_specimen_that_cannot_tell_is_named_in_the_notes(specimen, pene, says):
    notes = staged([necks.node(specimen=specimen, pene=pene)], basis=P).notes
    assert any("ENE" in note for note in notes) is (says is not None)
    assert says is None or any(says in note for note in notes)
