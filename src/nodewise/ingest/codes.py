"""How a drawn region says in DICOM what it is: kind, side and level as codes.

Kinds and sides are SNOMED CT concepts as DICOM's context groups 7150-7159, 7166, 7194 and 244 list
them. No standard codes the numbered neck levels, so they have a private scheme: designator
`99NODEWISE`, code value `SYSTEM:LEVEL`, for example `AJCC:IIA`; its systems and levels are those of
`nodewise.anatomy`. A segment carries its level as an anatomic region of its own, beside the
anatomical site, and its side as the modifier of each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.sr.coding import Code

from nodewise.anatomy import LevelSystem, RegionKind, Side, level_name
from nodewise.errors import IngestError, NodewiseError

if TYPE_CHECKING:
    from highdicom.sr.coding import CodedConcept

SCHEME = "99NODEWISE"

ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
ABNORMALITY = Code("49755003", "SCT", "Morphologically Abnormal Structure")
PAROTID_GLAND = Code("45289007", "SCT", "Parotid gland")
NECK = Code("45048000", "SCT", "Neck")
ADIPOSE_TISSUE = Code("55603005", "SCT", "Adipose tissue")

TYPES: dict[RegionKind, Code] = {
    RegionKind.NODE: Code("59441001", "SCT", "Lymph Node"),
    RegionKind.PRIMARY_TUMOUR: Code("372087000", "SCT", "Neoplasm, Primary"),
    RegionKind.PAROTID_LESION: Code("108369006", "SCT", "Neoplasm"),  # region: parotid gland
    RegionKind.BONE: Code("272673000", "SCT", "Bone"),
    RegionKind.REFERENCE_TISSUE: Code("91727004", "SCT", "Muscle"),
}
"""The segmented property type that is written for each kind of region."""

_ALSO: dict[str, RegionKind] = {
    "86049000": RegionKind.PRIMARY_TUMOUR,  # malignant neoplasm, primary
    "86049000:45289007": RegionKind.PAROTID_LESION,
    "372087000:45289007": RegionKind.PAROTID_LESION,
    "71616004": RegionKind.REFERENCE_TISSUE,  # skeletal or smooth muscle
    "81727001": RegionKind.REFERENCE_TISSUE,  # muscle of neck
    ADIPOSE_TISSUE.value: RegionKind.REFERENCE_TISSUE,
}

SIDES: dict[Side, Code] = {
    Side.LEFT: Code("7771000", "SCT", "Left"),
    Side.RIGHT: Code("24028007", "SCT", "Right"),
    Side.MIDLINE: Code("261129000", "SCT", "Midline"),
}
_SIDE_OF = {code.value: side for side, code in SIDES.items()} | {
    "260528009": Side.MIDLINE,  # median
    "G-A101": Side.LEFT,  # SNOMED RT, as older writers have it
    "G-A100": Side.RIGHT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a segment says about itself; None where it says nothing."""

    kind: RegionKind | None
    side: Side | None = None
    level: str | None = None
    level_system: LevelSystem | None = None


def category(kind: RegionKind) -> Code:
    """The segmented property category of a kind of region."""
    lesions = (RegionKind.PRIMARY_TUMOUR, RegionKind.PAROTID_LESION)
    return ABNORMALITY if kind in lesions else ANATOMY


def level_code(level: str, system: LevelSystem) -> Code:
    """A neck level in the private scheme.

    >>> level_code("IIA", LevelSystem.AJCC).value
    'AJCC:IIA'
    """
    name = level_name(level, system)
    return Code(f"{system.value}:{name}", SCHEME, f"Neck level {name} ({system.value})")


def regions(meaning: Meaning) -> list["CodedConcept"]:
    """The anatomic regions that a segment carries, each with its side as modifier."""
    from highdicom.sr.coding import CodedConcept

    parotid = meaning.kind == RegionKind.PAROTID_LESION
    concepts = [CodedConcept(*(PAROTID_GLAND if parotid else NECK)[:3])]
    if meaning.level and meaning.level_system:
        concepts.append(CodedConcept(*level_code(meaning.level, meaning.level_system)[:3]))
    for concept in concepts:
        if meaning.side:
            modifier = CodedConcept(*SIDES[meaning.side][:3])
            concept.AnatomicRegionModifierSequence = Items([modifier])
    return concepts


def meaning(segment: Dataset) -> Meaning:
    """What an item of the Segment Sequence says about itself.

    Raises:
        IngestError: when its level is none that its system has.
    """
    types = [_value(item) for item in segment.get("SegmentedPropertyTypeCodeSequence", ())]
    places = list(segment.get("AnatomicRegionSequence", ()))
    level, system = _level(places)
    return Meaning(
        kind=_kind(segment, types, [_value(place) for place in places]),
        side=next(_sides(segment, places), None),
        level=level,
        level_system=system,
    )


def _value(item: Dataset) -> str:
    return str(item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue") or "")


def _kind(segment: Dataset, types: list[str], places: list[str]) -> RegionKind | None:
    written = {code.value: kind for kind, code in TYPES.items() if kind != "parotid lesion"}
    parotid = f"{TYPES[RegionKind.PAROTID_LESION].value}:{PAROTID_GLAND.value}"
    known = written | _ALSO | {parotid: RegionKind.PAROTID_LESION}
    for code in types:
        for name in (*(f"{code}:{place}" for place in places), code):
            if name in known:
                return known[name]
    meanings = [
        item.get("CodeMeaning", "") for item in segment.get("SegmentedPropertyTypeCodeSequence", ())
    ]
    if any("lymph node" in str(words).lower() for words in meanings):
        return RegionKind.NODE  # context group 7600 has some two hundred nodes by site
    return None


def _sides(segment: Dataset, places: list[Dataset]) -> Iterator[Side]:
    holders = [(place, "AnatomicRegionModifierSequence") for place in places]
    holders += [
        (item, "SegmentedPropertyTypeModifierCodeSequence")
        for item in segment.get("SegmentedPropertyTypeCodeSequence", ())
    ]
    for holder, name in holders:
        for modifier in holder.get(name, ()):
            if _value(modifier) in _SIDE_OF:
                yield _SIDE_OF[_value(modifier)]


def _level(places: list[Dataset]) -> tuple[str | None, LevelSystem | None]:
    for place in places:
        if place.get("CodingSchemeDesignator") != SCHEME:
            continue
        system, _, level = _value(place).partition(":")
        try:
            return level_name(level, LevelSystem(system)), LevelSystem(system)
        except (ValueError, NodewiseError) as error:
            raise IngestError(f"its level is coded {SCHEME} {_value(place)}: {error}") from None
    return None, None
