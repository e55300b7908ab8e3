import pytest
from highdicom.seg import SegmentDescription

from nodewise.anatomy import LEVELS, LevelSystem, RegionKind, Side
from nodewise.errors import IngestError
from nodewise.ingest import codes
from nodewise.ingest.codes import Meaning


def segment(meaning):
    return SegmentDescription(
        1,
        "N1",
        segmented_property_category=codes.category(meaning.kind),
        segmented_property_type=codes.TYPES[meaning.kind],
        algorithm_type="MANUAL",
        tracking_id="N1",
        tracking_uid="1.2.3",
        anatomic_regions=codes.regions(meaning),
    )


@pytest.mark.parametrize("kind", RegionKind)
@pytest.mark.parametrize("side", Side)
def test_kind_and_side_come_back_as_written(kind, side):
    written = Meaning(kind=kind, side=side)
    assert codes.meaning(segment(written)) == written


@pytest.mark.parametrize(
    ("system", "level"),
    [
        (system, name)
        for system, levels in LEVELS.items()
        for level, parts in levels.items()
        for name in (level, *parts)
    ],
)
def test_every_level_of_every_system_comes_back_as_written(system, level):
    written = Meaning(kind=RegionKind.NODE, side=Side.LEFT, level=level, level_system=system)
    assert codes.meaning(segment(written)) == written


def test_a_node_named_by_site_is_a_node():
    item = segment(Meaning(kind=RegionKind.NODE))
    item.SegmentedPropertyTypeCodeSequence[0].CodeValue = "245321008"
    item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = "upper jugular lymph node"
    assert codes.meaning(item).kind == RegionKind.NODE


def test_a_kind_that_nobody_coded_is_unknown():
    item = segment(Meaning(kind=RegionKind.BONE))
    item.SegmentedPropertyTypeCodeSequence[0].CodeValue = "10200004"
    item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = "Liver"
    assert codes.meaning(item).kind is None


def test_a_level_that_its_system_lacks_is_refused():
    item = segment(Meaning(kind=RegionKind.NODE, level="IIA", level_system=LevelSystem.AJCC))
    item.AnatomicRegionSequence[1].CodeValue = "AJCC:IVB"
    with pytest.raises(IngestError, match="IVB"):
        codes.meaning(item)
