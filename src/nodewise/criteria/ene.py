"""Extranodal extension, three findings that are never one: clinical, on imaging, pathological.

Each is what its own examiner says of a node. Which of them an edition listens to stands in the
edition's table, in the columns cene, iene and pene.
"""

from enum import StrEnum

from nodewise.criteria.rules import Span, Words

CERTAINTY = 0.75
"""A reader's certainty from which a finding counts. Source: Chin 2022, as told in its abstract:
agreement on ENE rises from 0.56 to 0.74 at 50 % and 0.86 at 75 %."""

CERTAINTY_SCALE = {1: 0.05, 2: 0.25, 3: 0.5, 4: 0.75, 5: 0.9}
"""A reading form's five steps (< 10, 25, 50, 75, >= 90 %) as fractions; the first is its middle."""

MINOR_MM = 2.0
"""Pathological extension up to here is minor. Source: SEER EOD 3.3 table 87046."""

NO: Words = frozenset({"no"})
YES: Words = frozenset({"yes"})
OPEN: Words = NO | YES


class Sign(StrEnum):
    """A clinical sign of extranodal extension."""

    SKIN = "skin"
    MUSCLE = "muscle"
    FIXATION = "fixation"
    CRANIAL_NERVE = "cranial nerve"
    BRACHIAL_PLEXUS = "brachial plexus"
    SYMPATHETIC_TRUNK = "sympathetic trunk"
    PHRENIC_NERVE = "phrenic nerve"


class Margin(StrEnum):
    """A node's outline on imaging."""

    SMOOTH = "smooth"
    INDISTINCT = "indistinct"
    IRREGULAR = "irregular"


class Matting(StrEnum):
    """What joins nodes on the slide; only tumour between them is matting (HN-CLEAR)."""

    NONE = "none"
    TUMOUR = "tumour"
    FIBROSIS = "fibrosis"


class Pene(StrEnum):
    """Pathological extranodal extension as reported."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    PRESENT = "present"


class Specimen(StrEnum):
    """What the pathologist was given."""

    RESECTION = "resection"
    SENTINEL = "sentinel node"
    CORE = "core biopsy"
    FNA = "fine-needle aspirate"


def clinical(signs: frozenset[Sign] | None, *, supported: bool | None) -> Words:
    """Whether ENE is clinically overt: yes, no, or open.

    Args:
        signs: unambiguous signs on examination; empty for none, None when nobody said.
        supported: whether imaging supports them; without that they do not count.

    Source:
        AJCC/UICC TNM 8: clinical evidence, supported by strong radiology; radiology alone is not
        enough (established knowledge, confidence high).

    >>> sorted(clinical(frozenset({Sign.SKIN}), supported=None))
    ['no', 'yes']
    """
    if signs is None:
        return OPEN
    if not signs or supported is False:
        return NO
    return YES if supported else OPEN


def imaging(grade: int | None, *, certainty: float | None, needed: float = CERTAINTY) -> Span:
    """The HNCIG grade that counts, 0 to 3; any of them when nobody graded the node.

    Args:
        grade: as read; None when it was not.
        certainty: the reader's, 0 to 1; None where the grade was given as unequivocal.
        needed: certainty from which a grade counts; below it the node counts as grade 0.

    Source:
        Henson 2024, Lancet Oncol 25:e297 (grades; exact wording not verified).

    >>> str(imaging(2, certainty=0.5)), str(imaging(2, certainty=0.75))
    ('0', '2')
    """
    if grade is None:
        return Span(0, 3)
    counts = certainty is None or certainty >= needed
    return Span(grade, grade) if counts else Span(0, 0)


def grade(margin: Margin, *, fat: bool, coalescent: bool, structures: bool) -> int:
    """The HNCIG grade that these features make.

    Distance into fat, number of structures and number of nodes are not asked: the consensus
    leaves them out.

    Args:
        margin: outline of the node.
        fat: tumour reaches into the fat around the node.
        coalescent: two or more nodes inseparable, the fat between them lost.
        structures: a structure beyond fat is invaded (muscle, skin, vessel, nerve, gland).

    Source:
        Henson 2024, Lancet Oncol 25:e297 (features as told by secondary sources).

    >>> grade(Margin.IRREGULAR, fat=True, coalescent=False, structures=False)
    1
    """
    if structures:
        return 3
    if coalescent:
        return 2
    return int(fat and margin is not Margin.SMOOTH)


def pathological(
    reported: Pene | None,
    *,
    extent_mm: float | None = None,
    matting: Matting | None = None,
    specimen: Specimen = Specimen.RESECTION,
) -> Words:
    """What pathology leaves possible: none, minor, major, or several of them.

    Args:
        reported: the report's word; 'present' where it gives no extent.
        extent_mm: how far viable tumour reaches beyond the capsule.
        matting: what joins the node to others. Needle tracks and cyst spillage are no ENE.
        specimen: a core or aspirate tells nothing; a sentinel node tells presence alone.

    Source:
        SEER EOD 3.3 table 87046 (extent, specimens); Gupta et al. (HN-CLEAR), Lancet Oncol
        2026;27:e33, doi:10.1016/S1470-2045(25)00535-2 (matting).

    >>> sorted(pathological(None, extent_mm=2.0)), sorted(pathological(None, extent_mm=2.1))
    (['minor'], ['major'])
    """
    if specimen in (Specimen.CORE, Specimen.FNA):
        return frozenset({"none", "minor", "major"})
    found = _reported(reported, extent_mm, matting)
    if specimen is Specimen.SENTINEL and "none" in found:
        return found | {"minor", "major"}
    return found


def _reported(reported: Pene | None, extent_mm: float | None, matting: Matting | None) -> Words:
    if matting is Matting.TUMOUR:
        return frozenset({"major"})
    if extent_mm is not None:
        size = "none" if extent_mm <= 0 else "minor" if extent_mm <= MINOR_MM else "major"
        return frozenset({size})
    if reported is None:
        return frozenset({"none", "minor", "major"})
    return frozenset({"minor", "major"} if reported is Pene.PRESENT else {str(reported)})
