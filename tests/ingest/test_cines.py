"""Ultrasound cines: their image parts, times, brightness, what is blanked and what is refused."""

import numpy as np
import pydicom
import pytest

BOX = (4, 2, 12, 8)
NOISE = np.random.default_rng(1).integers(1, 255, (5, 10, 16), dtype=np.uint8)


@pytest.fixture
def cine(tmp_path, screen, imported):
    """The only series of a cine that is written and taken in; else what is found wrong."""

    def run(pixels=NOISE, **elements):
        screen(tmp_path / "cine.dcm", pixels, **elements)
        found = imported(tmp_path)
        assert len(found.series) + len(found.problems) == 1
        return found.series[0] if found.series else found.problems[0].found

    return run


def test_a_cine_is_a_dynamic_series_on_the_grid_of_its_screen(cine):
    one = cine(boxes=[BOX])
    assert one.volume.values.shape == (16, 10, 1, 5)
    assert one.volume.grid.spacing[:2] == pytest.approx([0.2, 0.2])
    assert one.acquisition.modality == "US"
    assert one.acquisition.varies == "time"
    assert one.acquisition.times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert one.acquisition.panels == (BOX,)
    left, top, right, bottom = BOX
    inside = one.volume.values[left:right, top:bottom, 0]
    np.testing.assert_array_equal(inside, NOISE[:, top:bottom, left:right].transpose(2, 1, 0))


def test_a_cine_tells_its_machine_and_setting_as_far_as_the_file_does(cine):
    assert cine().acquisition.machine.name == "MAKER"
    machine = cine(
        ManufacturerModelName=" ONE  X ", TransducerData=["L12", "3"], MechanicalIndex=0.06
    ).acquisition.machine
    assert (machine.name, machine.transducer, machine.processing) == ("MAKER ONE X", "L12 3", "")
    assert machine.mechanical_index == pytest.approx(0.06)


def test_what_lies_outside_the_image_part_is_blanked(cine):
    values = cine(boxes=[BOX]).volume.values.astype(int)
    assert values[:4].sum() == values[12:].sum() == values[:, :2].sum() == values[:, 8:].sum() == 0


def test_a_split_screen_has_two_image_parts(cine):
    two = [(0, 2, 8, 8), (8, 2, 16, 8)]
    assert cine(boxes=two).acquisition.panels == tuple(two)


@pytest.mark.parametrize(
    ("elements", "times", "by"),
    [
        ({"FrameTimeVector": [0, 50, 60, 70, 80], "FrameTime": None}, [0, 50, 110, 180, 260],
         "FrameTimeVector"),
        ({"FrameTimeVector": [0, 50, 60, 70, 80], "FrameIncrementPointer": 0x00181063},
         [0, 100, 200, 300, 400], "FrameTime"),
        ({"CineRate": 20, "FrameTime": None}, [0, 50, 100, 150, 200], "CineRate"),
    ],
)  # fmt: skip
def test_frame_times_come_from_what_the_file_points_at(cine, elements, times, by):
    found = cine(**elements).acquisition
    assert np.multiply(found.times, 1e3) == pytest.approx(times)
    assert found.timed_by == by


def test_colour_becomes_luma(cine):
    pixels = np.zeros((2, 4, 4, 3), np.uint8)
    pixels[0, 0] = [[200, 100, 0], [90, 90, 90], [255, 255, 255], [0, 0, 255]]
    assert cine(pixels).volume.values[:, 0, 0, 0].tolist() == [118, 90, 255, 29]


def test_luma_is_what_a_ybr_file_stores(cine):
    pixels = np.full((2, 4, 4, 3), 128, np.uint8)
    pixels[0, 0, 0, 0] = 77
    one = cine(pixels, PhotometricInterpretation="YBR_FULL")
    assert one.volume.values[0, 0, 0, 0] == 77


def test_a_palette_gives_its_entries_luma(cine):
    table = (np.arange(256) * 257 // 2).astype("<u2").tobytes()
    colours = {
        f"{colour}PaletteColorLookupTable{what}": value
        for colour in ("Red", "Green", "Blue")
        for what, value in (("Descriptor", [256, 0, 16]), ("Data", table))
    }
    one = cine(np.full((2, 4, 4), 200), PhotometricInterpretation="PALETTE COLOR", **colours)
    assert one.volume.values.max() == one.volume.values.min() == 100


@pytest.mark.parametrize(
    ("elements", "says"),
    [
        ({"FrameTime": None}, "its 5 frames have no times"),
        ({"NumberOfFrames": 1}, "it is one ultrasound picture; cines of several frames are read"),
        ({"FrameTimeVector": [0, 50, 0, 70, 80], "FrameTime": None}, "that do not rise"),
        ({"EffectiveDuration": 60.0}, "it lasts 0.4 s by FrameTime and 60 s"),
        ({"SequenceOfUltrasoundRegions": None}, "0 ultrasound regions"),
        ({"boxes": [(4, 2, 30, 19)]}, "ends at column 29 and row 18, the image at 15 and 9"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "its pixels are MONOCHROME1 of 8 bits"),
    ],
)
def test_a_cine_that_does_not_tell_enough_is_refused_with_a_sentence(cine, elements, says):
    assert says in cine(**elements)


def test_an_image_part_may_end_one_past_the_last_column(cine):
    assert cine(boxes=[(4, 2, 17, 8)]).acquisition.panels == ((4, 2, 16, 8),)


def test_regions_are_bound_to_the_cine_they_were_drawn_on(tmp_path, screen, outlined, imported):
    masks = {"N1": np.zeros((10, 16)), "muscle": np.zeros((10, 16))}
    masks["N1"][3:5, 5:9] = masks["muscle"][6:8, 5:9] = 1
    for name, shift in (("first", 0), ("second", 1)):
        path = screen(tmp_path / name / "cine.dcm", NOISE + shift)
        outlined(tmp_path / name / "seg.dcm", path, masks, frame=3 + shift)
    found = imported(tmp_path)
    assert not found.problems
    assert [one.label for one in found.regions].count("muscle") == 2
    grids = [one.volume.grid for one in found.series]
    assert not grids[0].same_as(grids[1])
    for number, grid in enumerate(grids):
        there = [one for one in found.regions if one.grid.same_as(grid)]
        assert {one.label for one in there} == {"N1", "muscle"}
        assert len({one.frame for one in there}) == 1
        node = next(one for one in there if one.label == "N1")
        np.testing.assert_array_equal(node.mask[:, :, 0].T, masks["N1"])
        assert (node.side, node.level) == ("left", "IIA"), number
    assert {one.frame for one in found.regions} == {3, 4}


def test_a_cine_of_another_size_is_no_ground_for_a_drawing(tmp_path, screen, outlined, imported):
    path = screen(tmp_path / "cine.dcm", NOISE)
    outlined(tmp_path / "seg.dcm", path, {"N1": np.ones((10, 16))})
    screen(path, NOISE[:, :8], SOPInstanceUID=pydicom.dcmread(path).SOPInstanceUID)
    assert "another size" in imported(tmp_path).found()


@pytest.mark.real_data
def test_a_real_cine_that_was_made_smaller_is_refused(shared, imported):
    found = imported(shared / "data" / "ultrasound" / "sonosite_30frame_cine.dcm")
    assert "ends at column 595 and row 414, the image at 319 and 239" in found.found()


@pytest.mark.real_data
def test_a_real_cine_with_its_region_put_right_is_read(shared, tmp_path, imported):
    image = pydicom.dcmread(shared / "data" / "ultrasound" / "sonosite_30frame_cine.dcm")
    (region,) = image.SequenceOfUltrasoundRegions
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 42, 16
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 297, 207
    region.PhysicalDeltaX = region.PhysicalDeltaY = 2 * region.PhysicalDeltaX
    image.save_as(tmp_path / "cine.dcm")
    (one,) = imported(tmp_path).series
    assert one.volume.values.shape == (320, 240, 1, 30)
    assert one.volume.grid.spacing[0] == pytest.approx(1.021, abs=1e-3)
    assert one.acquisition.times[-1] == pytest.approx(29 * 0.033333, abs=1e-6)
    assert not one.volume.values[:, :16].any()  # the patient's name stands there
    colours = pydicom.pixels.pixel_array(tmp_path / "cine.dcm")  # as RGB
    luma = (colours @ [0.299, 0.587, 0.114]).transpose(2, 1, 0)[42:298, 16:208]
    assert np.abs(one.volume.values[42:298, 16:208, 0] - luma).mean() < 0.5
