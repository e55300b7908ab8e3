"""What each image says of itself: where it lies, how it was acquired, how it is scaled."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.tag import Tag

from nodewise.errors import IngestError
from nodewise.ingest import diffusion
from nodewise.ingest.elements import items, number, scaled, seconds
from nodewise.ingest.records import Part

CLOCKS = (
    "TemporalPositionIdentifier", "AcquisitionNumber", "AcquisitionTime", "TriggerTime",
    "ContentTime",
)  # fmt: skip
"""What may tell the phases of a dynamic series apart, in order of trust. In enhanced objects the
frame's own attributes stand in: TemporalPositionIndex, FrameAcquisitionNumber,
FrameAcquisitionDateTime and TemporalPositionTimeOffset."""

_MAPS = {"ADC", "EADC", "FA", "RA", "COLFA", "TENSOR", "EXP", "PROCESSED", "T1", "T2", "PARAMETRIC"}
_TRACES = {"TRACEW", "TRACE", "COMBINED", "ISOTROPIC"}
_PARTS: dict[str, Part] = {
    "M": "magnitude", "MAGNITUDE": "magnitude", "M_SE": "magnitude", "M_FFE": "magnitude",
    "P": "phase", "PHASE": "phase", "PHASE MAP": "phase", "R": "real", "REAL": "real",
    "I": "imaginary", "IMAGINARY": "imaginary",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One slice of one frame; None where the file does not say.

    Args:
        index: which image of its file it is.
        position: centre of its first voxel, mm.
        orientation: directions of a row and of a column.
        spacing: between rows and between columns, mm.
        b: b-value, s/mm².
        direction: of the diffusion gradient.
        clock: values of `CLOCKS`; numbers, or s.
        slope: of the values over the stored numbers.
        intercept: of the same.
        scaling: how slope and intercept were found.
    """

    index: int
    position: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing: tuple[float, float]
    b: float | None
    direction: tuple[float, ...]
    echo_time: float | None
    flip_angle: float | None
    inversion_time: float | None
    repetition_time: float | None
    clock: tuple[float | None, ...]
    slope: float
    intercept: float
    scaling: str
    part: Part
    derived: bool


def many(image: Dataset, maker: str) -> Iterator[Frame]:
    """The images of an enhanced object."""
    common = _flat(next(iter(image.get("SharedFunctionalGroupsSequence", ())), Dataset()))
    for index, item in enumerate(image.PerFrameFunctionalGroupsSequence):
        facts = common | _flat(item)
        b = number(facts.get("DiffusionBValue"))
        if b is None and facts.get("DiffusionDirectionality") == "NONE":
            b = 0.0
        yield _frame(image, facts, index, b=diffusion.rounded(b), maker=maker)


def one(image: Dataset, maker: str) -> Frame:
    """The image of a classic object."""
    facts = {name: image[tag].value for name, tag in _FACTS.items() if tag in image}
    facts["AcquisitionTime"] = image.get("AcquisitionDateTime") or image.get("AcquisitionTime")
    facts["ScaleSlope"] = image[0x2005100E].value if 0x2005100E in image else None
    return _frame(image, facts, 0, b=diffusion.b_value(image, maker), maker=maker)


def _flat(item: Dataset) -> dict[str, Any]:
    """The attributes of a frame's functional groups by their names in classic images."""
    facts: dict[str, Any] = {}
    for group, names in _TAGGED.items():
        if group not in item or not item[group].value:
            continue
        inner = item[group].value[0]
        facts |= {ours: inner[name].value for name, ours in names.items() if name in inner}
    if "TemporalPositionTimeOffset" in facts:
        facts["TriggerTime"] = 1000 * facts["TemporalPositionTimeOffset"]
    if facts.get("DiffusionGradientDirectionSequence"):
        name = "DiffusionGradientOrientation"
        facts[name] = facts["DiffusionGradientDirectionSequence"][0].get(name)
    return facts


def _frame(
    image: Dataset, facts: Mapping[str, Any], index: int, *, b: float | None, maker: str
) -> Frame:
    position, orientation = facts.get("ImagePositionPatient"), facts.get("ImageOrientationPatient")
    spacing = facts.get("PixelSpacing")
    if not (position and orientation and spacing):
        raise IngestError("it does not say where in the patient it lies")
    words = {str(word).upper() for word in items(facts.get("ImageType") or image.get("ImageType"))}
    part = str(facts.get("ComplexImageComponent") or "").upper()
    derived = "DERIVED" in words and not words & _TRACES and bool(words & (_MAPS | {"SECONDARY"}))
    slope, intercept, scaling = _scaling(facts, maker, derived=derived)
    return Frame(
        index=index,
        position=(float(position[0]), float(position[1]), float(position[2])),
        orientation=tuple(float(x) for x in orientation),
        spacing=(float(spacing[0]), float(spacing[1])),
        b=b,
        direction=tuple(
            round(float(x), 4) for x in facts.get("DiffusionGradientOrientation") or ()
        ),
        echo_time=scaled(facts.get("EchoTime"), 1e-3),
        flip_angle=scaled(facts.get("FlipAngle"), math.pi / 180),
        inversion_time=scaled(facts.get("InversionTime"), 1e-3),
        repetition_time=scaled(facts.get("RepetitionTime"), 1e-3),
        clock=_clock(facts),
        slope=slope,
        intercept=intercept,
        scaling=scaling,
        part=next((_PARTS[word] for word in (part, *sorted(words)) if word in _PARTS), "unknown"),
        derived=derived,
    )


_FACTS = {
    name: Tag(name)
    for name in (
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImageType",
    "ComplexImageComponent", "DiffusionGradientOrientation", "EchoTime", "FlipAngle",
    "InversionTime", "RepetitionTime", "RescaleSlope", "RescaleIntercept", *CLOCKS,
)
}  # fmt: skip
_GROUPS: dict[str | int, dict[str | int, str]] = {
    "PlanePositionSequence": {"ImagePositionPatient": "ImagePositionPatient"},
    "PlaneOrientationSequence": {"ImageOrientationPatient": "ImageOrientationPatient"},
    "PixelMeasuresSequence": {"PixelSpacing": "PixelSpacing"},
    "PixelValueTransformationSequence": {
        "RescaleSlope": "RescaleSlope", "RescaleIntercept": "RescaleIntercept",
    },
    "MRImageFrameTypeSequence": {
        "FrameType": "ImageType", "ComplexImageComponent": "ComplexImageComponent",
    },
    "MREchoSequence": {"EffectiveEchoTime": "EchoTime"},
    "MRTimingAndRelatedParametersSequence": {
        "RepetitionTime": "RepetitionTime", "FlipAngle": "FlipAngle",
    },
    "MRModifierSequence": {"InversionTimes": "InversionTime"},
    "MRDiffusionSequence": {
        "DiffusionBValue": "DiffusionBValue",
        "DiffusionDirectionality": "DiffusionDirectionality",
        "DiffusionGradientDirectionSequence": "DiffusionGradientDirectionSequence",
    },
    "FrameContentSequence": {
        "TemporalPositionIndex": "TemporalPositionIdentifier",
        "FrameAcquisitionNumber": "AcquisitionNumber",
        "FrameAcquisitionDateTime": "AcquisitionTime",
    },
    "TemporalPositionSequence": {"TemporalPositionTimeOffset": "TemporalPositionTimeOffset"},
    0x2005140F: {0x2005100E: "ScaleSlope"},
}  # fmt: skip
"""Functional groups of enhanced objects: their attributes, and what classic images call them."""

_TAGGED = {
    Tag(group): {Tag(name): ours for name, ours in names.items()}
    for group, names in _GROUPS.items()
}


def _scaling(facts: Mapping[str, Any], maker: str, *, derived: bool) -> tuple[float, float, str]:
    """Slope and intercept of the values over the stored numbers, and how they were found.

    Source: Chenevert et al., Transl Oncol 2014;7:65, doi:10.1593/tlo.13811, eq. 1-2 (Philips).
    """
    slope, intercept = number(facts.get("RescaleSlope")), number(facts.get("RescaleIntercept"))
    if slope is None or slope == 0:
        return 1.0, 0.0, "none"
    private = number(facts.get("ScaleSlope"))
    if maker == "Philips" and private and not derived:
        scale = slope * private  # what Philips shows is scaled per series; this undoes it
        return 1 / private, (intercept or 0.0) / scale, "Philips scale slope (2005,100E)"
    return slope, intercept or 0.0, "rescale slope and intercept"


def _clock(facts: Mapping[str, Any]) -> tuple[float | None, ...]:
    phase, taking, taken, trigger, content = (facts.get(name) for name in CLOCKS)
    return (
        number(phase), number(taking), seconds(taken), scaled(trigger, 1e-3),
        seconds(content),
    )  # fmt: skip
