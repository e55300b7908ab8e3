"""How three makers of scanners write the same examination."""

from dataclasses import dataclass, replace

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement

from nodewise.volume import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One maker's habits.

    Args:
        manufacturer: as it stands in the files.
        model: name of the scanner.
        field_strength: T.
        enhanced: whether every series is one multi-frame object.
        from_head: whether slices are numbered from the head down.
        t2_description: what the T2-weighted series is called.
    """

    manufacturer: str
    model: str
    field_strength: float
    enhanced: bool
    from_head: bool
    t2_description: str


SIEMENS = Vendor(
    manufacturer="SIEMENS", model="Skyra", field_strength=3.0, enhanced=False, from_head=False,
    t2_description="t2_tse_tra",
)  # fmt: skip
GE = Vendor(
    manufacturer="GE MEDICAL SYSTEMS", model="SIGNA Artist", field_strength=1.5, enhanced=False,
    from_head=True, t2_description="Ax T2 FSE",
)  # fmt: skip
PHILIPS = Vendor(
    manufacturer="Philips", model="Ingenia", field_strength=3.0, enhanced=True, from_head=False,
    t2_description="T2W_TSE_tra",
)  # fmt: skip

CT = Vendor(
    manufacturer="SIEMENS", model="SOMATOM Force", field_strength=0.0, enhanced=False,
    from_head=False, t2_description="",
)  # fmt: skip


def _pet(maker: Vendor, model: str) -> Vendor:
    return replace(maker, model=model, field_strength=0.0, enhanced=False)


SIEMENS_PET = _pet(SIEMENS, "Biograph mCT")
GE_PET = _pet(GE, "Discovery 690")
PHILIPS_PET = _pet(PHILIPS, "Ingenuity TF")
PET = {each.manufacturer: each for each in (SIEMENS_PET, GE_PET, PHILIPS_PET)}
"""The PET-CT of each maker."""

VENDORS = (PHILIPS, SIEMENS, GE)
"""In turn, by the participant's number: 1 Siemens, 2 GE, 3 Philips…"""


def vendor(number: int, *, field_strength: float | None = None) -> Vendor:
    """The MR scanner that a participant is imaged on; a protocol may ask for a field strength."""
    maker = VENDORS[number % len(VENDORS)]
    return replace(maker, field_strength=field_strength) if field_strength else maker


def dynamic_is_classic(number: int) -> bool:
    """Whether the contrast series is one file a slice: some of Siemens, fewer of GE."""
    return number % 12 == 1 or number % 24 == 2


def diffusion(maker: Vendor, b_value: float) -> Dataset:
    """Where one classic file says its b-value: GE leaves it out at b = 0."""
    elements = Dataset()
    if maker is SIEMENS:
        elements.DiffusionBValue = b_value
        elements.DiffusionDirectionality = "ISOTROPIC" if b_value else "NONE"
        elements.add(DataElement((0x0019, 0x0010), "LO", "SIEMENS MR HEADER"))
        elements.add(DataElement((0x0019, 0x100C), "IS", str(int(b_value))))
    elif maker is GE and b_value > 0:
        elements.add(DataElement((0x0043, 0x0010), "LO", "GEMS_PARM_01"))
        elements.add(DataElement((0x0043, 0x1039), "IS", [int(b_value), 8, 0, 0]))
    return elements


def phase(maker: Vendor, frame: int, clock: str) -> Dataset:
    """Where one classic file of the contrast series says its time: Siemens and GE differ."""
    elements = Dataset()
    elements.ContentTime = clock
    if maker is SIEMENS:
        elements.AcquisitionTime = clock
        elements.AcquisitionNumber = frame + 1
    else:
        elements.TemporalPositionIdentifier = frame + 1
    return elements


def echo(number: int, time: float) -> Dataset:
    """Where one classic file of a multi-echo series says its echo time."""
    elements = Dataset()
    elements.EchoTime = round(1000 * float(time), 4)
    elements.EchoNumbers = number
    return elements


def repetition_and_echo(kind: str) -> tuple[float, float]:
    """TR and TE of a sequence, ms as in the files."""
    return {
        "dwi": (4500.0, 65.0), "vfa": (5.0, 2.0), "dce": (5.0, 2.0), "t2w": (4200.0, 90.0),
        "mgre": (35.0, 3.0),
    }[kind]  # fmt: skip


def orientation(maker: Vendor, rng: np.random.Generator) -> tuple[float, Array]:
    """Tilt of the slices about the left-right axis, rad, and the isocentre's offset, (3,), mm."""
    siemens = maker.manufacturer == SIEMENS.manufacturer
    tilt = float(rng.uniform(-0.12, 0.12)) if siemens else 0.0
    return tilt, rng.uniform(-15, 15, 3).round(2)
