"""Enhanced multi-frame objects: each frame says for itself where, when and how it was taken."""

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence


def item(**elements):
    one = pydicom.Dataset()
    for name, value in elements.items():
        setattr(one, name, value)
    return one


def group(name, **elements):
    return {name: Sequence([item(**elements)])}


@pytest.fixture
def enhanced(header, tmp_path):
    """An enhanced object of frames (slice, value, functional groups), shuffled."""

    def write(frames, **elements):
        frames = list(frames)
        np.random.default_rng(1).shuffle(frames)
        pixels = np.stack([np.full((4, 5), value, "<u2") for _, value, _ in frames])
        one = header(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1", NumberOfFrames=len(frames),
            PixelData=pixels.tobytes(), ImagePositionPatient=None, PixelSpacing=None,
            ImageOrientationPatient=None, EchoTime=None, FlipAngle=None, **elements,
        )  # fmt: skip
        shared = {
            **group("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
            **group("PixelMeasuresSequence", PixelSpacing=[2, 2], SliceThickness=3),
            **group("MREchoSequence", EffectiveEchoTime=70.0),
            **group("MRTimingAndRelatedParametersSequence", RepetitionTime=5.0, FlipAngle=12),
        }
        one.SharedFunctionalGroupsSequence = Sequence([item(**shared)])
        one.PerFrameFunctionalGroupsSequence = Sequence(
            [
                item(
                    **group("PlanePositionSequence", ImagePositionPatient=[0, 0, 3 * level]), **more
                )
                for level, _, more in frames
            ]
        )
        one.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)

    return write


def test_diffusion_has_a_b_value_per_frame(enhanced, imported, tmp_path):
    enhanced(
        (
            (level, 10 * b + level, group("MRDiffusionSequence", DiffusionBValue=float(b)))
            for b in (0, 40, 800)
            for level in range(3)
        ),
        Manufacturer="Philips",
    )
    (series,) = imported(tmp_path).series
    assert series.acquisition.b_values == (0, 40, 800)
    assert series.acquisition.echo_time == pytest.approx(0.07)
    assert series.volume.values[2, 1].tolist() == [[0, 400, 8000], [1, 401, 8001], [2, 402, 8002]]
    assert series.files == 1


def test_a_frame_without_gradient_is_b0(enhanced, imported, tmp_path):
    plain = group("MRDiffusionSequence", DiffusionDirectionality="NONE")
    steep = group("MRDiffusionSequence", DiffusionBValue=900.0, DiffusionDirectionality="ISOTROPIC")
    enhanced([(level, 0, more) for more in (plain, steep) for level in range(2)])
    assert imported(tmp_path).series[0].acquisition.b_values == (0, 900)


def test_phases_have_their_own_times(enhanced, imported, tmp_path):
    enhanced(
        (level, 100 * phase + level, group(
            "FrameContentSequence", TemporalPositionIndex=phase + 1,
            FrameAcquisitionDateTime=f"202401052358{10 + 4 * phase}.0",
        ) | group("TemporalPositionSequence", TemporalPositionTimeOffset=4.5 * phase))
        for phase in range(3)
        for level in range(2)
    )  # fmt: skip
    (series,) = imported(tmp_path).series
    acquisition = series.acquisition
    assert acquisition.told_apart_by == "TemporalPositionIndex"
    assert acquisition.timed_by == "TemporalPositionTimeOffset"
    assert acquisition.times == pytest.approx((0, 4.5, 9))
    assert acquisition.flip_angles == pytest.approx([np.radians(12)] * 3)
    assert series.volume.values[0, 0].tolist() == [[0, 100, 200], [1, 101, 201]]


def test_acquisition_times_of_frames_count_past_midnight(enhanced, imported, tmp_path):
    moments = ("20240105235958.5", "20240106000002.5")
    enhanced(
        (level, phase, group("FrameContentSequence", FrameAcquisitionDateTime=moment))
        for phase, moment in enumerate(moments)
        for level in range(2)
    )
    acquisition = imported(tmp_path).series[0].acquisition
    assert acquisition.told_apart_by == "FrameAcquisitionDateTime"
    assert acquisition.times == pytest.approx((0, 4))
