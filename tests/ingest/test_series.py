"""From classic and enhanced files to series: what varies, what is missing, what lies where."""

import numpy as np
import pytest

from nodewise.ingest import Pseudonyms

B = (0, 500, 1000)


def diffusion(write, folder, **elements):
    for number, b in enumerate(B):
        write(folder, value=1000 * number, DiffusionBValue=float(b), **elements)


def test_diffusion_comes_as_one_frame_per_b_value(write, imported, tmp_path):
    diffusion(write, tmp_path)
    (series,) = imported(tmp_path).series
    assert series.acquisition.varies == "b_value"
    assert series.acquisition.b_values == B
    assert series.volume.values.shape == (5, 4, 3, 3)
    column, row, level, frame = np.mgrid[:5, :4, :3, :3]
    expected = 1000 * frame + 100 * level + 10 * row + column
    np.testing.assert_array_equal(series.volume.values, expected)
    assert series.files == 9


def test_house_units_and_facts(write, imported, tmp_path):
    diffusion(write, tmp_path, MagneticFieldStrength=3)
    (series,) = imported(tmp_path).series
    acquisition = series.acquisition
    assert (acquisition.repetition_time, acquisition.echo_time) == (4.0, 0.06)
    assert acquisition.flip_angles == pytest.approx([np.pi / 2] * 3)
    assert (acquisition.field_strength, acquisition.vendor) == (3, "Siemens")
    assert series.participant == Pseudonyms(b"a key for tests only").participant("SIM-0001")


def test_a_voxel_lies_where_the_scanner_put_it(write, imported, tmp_path):
    write(tmp_path)
    grid = imported(tmp_path).series[0].volume.grid
    np.testing.assert_allclose(grid.spacing, [3, 2, 4])  # columns 3 mm, rows 2 mm apart
    position = grid.positions(np.array([[1.0, 2.0, 2.0]]))
    np.testing.assert_allclose(position, [[-10 + 3, -20 + 4, 8]])


def test_oblique_slices_lie_along_their_own_normal(write, imported, tmp_path):
    c, s = np.cos(0.4), np.sin(0.4)
    for number in range(3):
        place = [5 - 4 * number * s, 1, 4 * number * c]
        write(
            tmp_path, slices=1, value=number, SOPInstanceUID=f"1.{number}",
            ImageOrientationPatient=[c, 0, s, 0, 1, 0],
        )  # fmt: skip
        _move(tmp_path, f"1.{number}", place)
    (series,) = imported(tmp_path).series
    affine = series.volume.grid.affine
    np.testing.assert_allclose(affine[:3, 2], [-4 * s, 0, 4 * c], atol=1e-6)
    np.testing.assert_array_equal(series.volume.values[0, 0], [0, 1, 2])


def _move(folder, uid, place):
    import pydicom

    for path in folder.glob("*.dcm"):
        image = pydicom.dcmread(path)
        if image.SOPInstanceUID == uid:
            image.ImagePositionPatient = [float(x) for x in place]
            image.save_as(path)


def test_a_general_electric_b0_has_no_tag_and_is_zero(write, imported, tmp_path):
    write(tmp_path, Manufacturer="GE MEDICAL SYSTEMS")
    write(tmp_path, Manufacturer="GE MEDICAL SYSTEMS", tag_00431039=("IS", [800, 8, 0, 0]))
    result = imported(tmp_path)
    assert result.series[0].acquisition.b_values == (0, 800)
    assert not result.problems


def test_images_without_b_value_are_told_and_left_out(write, imported, tmp_path):
    diffusion(write, tmp_path)
    write(tmp_path)
    result = imported(tmp_path)
    assert result.series[0].acquisition.b_values == B
    assert "3 of its 12 images have no b-value" in result.found()


def test_missing_slices_are_told_with_their_b_value_and_the_rest_is_kept(write, imported, tmp_path):
    write(tmp_path, DiffusionBValue=0.0)
    write(tmp_path, DiffusionBValue=500.0)[1].unlink()
    write(tmp_path, DiffusionBValue=1000.0)
    result = imported(tmp_path)
    assert result.series[0].acquisition.b_values == (0, 1000)
    assert "1 of 3 slices at b = 500 s/mm²" in result.found()
    assert result.problems[0].participant == result.series[0].participant


def test_a_gap_between_slices_is_told(write, imported, tmp_path):
    write(tmp_path, slices=5)[2].unlink()
    result = imported(tmp_path)
    assert not result.series
    assert "8.00 mm between slices 2 and 3" in result.found()


def test_repeats_of_a_b_value_stay_frames_of_their_own(write, imported, tmp_path):
    for number in (1, 2, 3):
        write(tmp_path, DiffusionBValue=700.0, value=1000 * number, AcquisitionNumber=number)
    write(tmp_path, DiffusionBValue=0.0)
    (series,) = imported(tmp_path).series
    assert series.acquisition.b_values == (0, 700, 700, 700)
    np.testing.assert_array_equal(series.volume.values[0, 0, 0], [0, 1000, 2000, 3000])


def test_series_that_differ_in_flip_angle_alone_become_one(write, imported, tmp_path):
    for number, angle in enumerate((15, 2, 5)):
        write(tmp_path / str(angle), SeriesInstanceUID=f"1.9.{number}", FlipAngle=angle,
              value=1000 * angle, ScanningSequence="GR")  # fmt: skip
    (series,) = imported(tmp_path).series
    assert series.acquisition.varies == "flip_angle"
    np.testing.assert_allclose(np.degrees(series.acquisition.flip_angles), [2, 5, 15])
    np.testing.assert_array_equal(series.volume.values[0, 0, 0], [2000, 5000, 15000])


def test_flip_angles_with_another_echo_time_stay_apart(write, imported, tmp_path):
    write(tmp_path, SeriesInstanceUID="1.9.1", FlipAngle=2)
    write(tmp_path, SeriesInstanceUID="1.9.2", FlipAngle=5, EchoTime=70, value=5)
    assert [one.acquisition.varies for one in imported(tmp_path).series] == ["nothing"] * 2


@pytest.fixture
def dynamic(write, imported, tmp_path):
    """The series made of phases with these elements each; their values count in thousands."""

    def run(phases):
        for number, elements in enumerate(phases):
            write(tmp_path, value=1000 * number, **elements)
        return imported(tmp_path).series[0]

    return run


@pytest.mark.parametrize(
    ("name", "values", "times"),
    [
        ("AcquisitionTime", ["120000.0", "120004.5", "120009.0"], (0, 4.5, 9)),
        ("TriggerTime", [0, 5000, 10000], (0, 5, 10)),
        ("ContentTime", ["120000.0", "120004.5", "120009.0"], (0, 4.5, 9)),
    ],
)
def test_phases_are_told_apart_and_it_is_said_by_what(dynamic, name, values, times):
    series = dynamic({name: value} for value in values)
    assert series.acquisition.varies == "time"
    assert series.acquisition.told_apart_by == series.acquisition.timed_by == name
    assert series.acquisition.times == pytest.approx(times)
    np.testing.assert_array_equal(series.volume.values[0, 0, 0], [0, 1000, 2000])


def test_times_go_on_past_midnight_when_a_number_orders_the_phases(dynamic):
    moments = ("235958", "000003", "000008")
    series = dynamic(
        {"AcquisitionNumber": n, "AcquisitionTime": time} for n, time in enumerate(moments, 1)
    )
    assert series.acquisition.told_apart_by == "AcquisitionNumber"
    assert series.acquisition.times == pytest.approx((0, 5, 10))


def test_phases_that_nothing_tells_apart_are_refused(write, imported, tmp_path):
    for _ in range(3):
        write(tmp_path, AcquisitionTime="120000")
    result = imported(tmp_path)
    assert not result.series
    assert "nothing tells them apart" in result.found()


def test_phases_without_times_are_refused(write, imported, tmp_path):
    for number in (1, 2):
        write(tmp_path, TemporalPositionIdentifier=number)
    result = imported(tmp_path)
    assert not result.series
    assert "have no times" in result.found()


def test_echoes_are_sorted_by_echo_time(write, imported, tmp_path):
    for echo in (40, 20, 60):
        write(tmp_path, EchoTime=echo, value=echo)
    (series,) = imported(tmp_path).series
    assert series.acquisition.varies == "echo_time"
    assert series.acquisition.echo_times == (0.02, 0.04, 0.06)
    assert series.acquisition.echo_time is None
    np.testing.assert_array_equal(series.volume.values[0, 0, 0], [20, 40, 60])


def test_each_slice_is_rescaled_by_its_own_slope(write, imported, tmp_path):
    import pydicom

    paths = write(tmp_path, RescaleSlope=1.0, RescaleIntercept=0.0)
    image = pydicom.dcmread(paths[2])
    image.RescaleSlope, image.RescaleIntercept = 0.5, -3
    image.save_as(paths[2])
    (series,) = imported(tmp_path).series
    assert series.volume.values[1, 0].tolist() == [1, 101, 201 * 0.5 - 3]
    assert series.acquisition.scaling == "rescale slope and intercept"


def test_philips_values_are_freed_from_their_display_scale(write, imported, tmp_path):
    write(tmp_path, Manufacturer="Philips", RescaleSlope=2.0, RescaleIntercept=8.0,
          tag_2005100E=("FL", 0.5))  # fmt: skip
    (series,) = imported(tmp_path).series
    assert series.volume.values[0, 0, 0] == pytest.approx(8)  # (0·2 + 8) / (2·0.5)
    assert series.volume.values[1, 0, 0] == pytest.approx(10)
    assert "2005,100E" in series.acquisition.scaling


def test_a_map_of_the_scanner_is_kept_unfitted_and_its_unit_not_guessed(write, imported, tmp_path):
    write(tmp_path, ImageType=["DERIVED", "SECONDARY", "ADC"], DiffusionBValue=500.0)
    result = imported(tmp_path)
    (series,) = result.series
    assert series.acquisition.derived
    assert (series.acquisition.b_values, series.acquisition.units) == ((), "unknown")
    assert "without a unit" in result.found()


def test_a_trace_image_is_no_map(write, imported, tmp_path):
    write(tmp_path, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], DiffusionBValue=500.0)
    assert not imported(tmp_path).series[0].acquisition.derived


def test_mixed_geometries_are_parted_and_told(write, imported, tmp_path):
    write(tmp_path)
    write(tmp_path, PixelSpacing=[1.0, 1.0])
    result = imported(tmp_path)
    assert len(result.series) == 2
    assert "2 orientations or voxel sizes" in result.found()


def test_the_same_files_twice_are_told_once_and_taken_once(write, imported, tmp_path):
    for path in write(tmp_path / "a"):
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / path.name).write_bytes(path.read_bytes())
    result = imported(tmp_path)
    assert len(result.series) == 1
    assert result.series[0].files == 3
    assert "3 images are there more than once" in result.found()


def test_the_same_content_under_another_uid_comes_in_once(write, imported, tmp_path):
    write(tmp_path, SeriesInstanceUID="1.5")
    write(tmp_path, SeriesInstanceUID="1.6")
    result = imported(tmp_path)
    assert len(result.series) == 1
    assert "same content" in result.found()


def test_what_comes_in_does_not_hang_on_the_order_of_files(write, imported, tmp_path):
    diffusion(write, tmp_path / "a")
    first = imported(tmp_path / "a").series[0]
    for number, path in enumerate(sorted((tmp_path / "a").iterdir(), reverse=True)):
        path.rename(path.with_name(f"{number:03}.dcm"))
    assert imported(tmp_path / "a").series[0].digest == first.digest
