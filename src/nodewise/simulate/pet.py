"""The PET-CT of the mpMRI study: uptake of the neck, its counts, and headers as makers write them.

Images lie in the coordinates of the MRI, as after registration, on voxels of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence as Items
from scipy.ndimage import gaussian_filter

from nodewise.models import suv
from nodewise.simulate import scanner, vendors
from nodewise.simulate.files import clock
from nodewise.simulate.neck import Labels
from nodewise.simulate.nodes import Lump
from nodewise.simulate.tissue import draw
from nodewise.simulate.vendors import Vendor
from nodewise.volume import Array

HALF_LIFE = 6586.2  # s, fluorine-18
RESOLUTION = 6.0  # mm, full width at half maximum: assumed
NOISE = 0.12  # standard deviation of a voxel of uptake 1; it grows with the root: assumed
HIGHEST = 40.0  # uptake of the greatest stored number
STORED = 32767
FRAME = 180.0  # s
LATER = timedelta(minutes=50)  # when one maker's workstation writes the series
BUILD = {"female": ((68, 12), (1.64, 0.06)), "male": ((80, 13), (1.77, 0.07))}
"""Mean and spread of weight, kg, and height, m: assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One injection of FDG, and whom it was given to.

    Args:
        dose: Bq.
        since: to the start of the scan, s.
        weight: kg.
        height: m.
    """

    dose: float
    since: float
    weight: float
    height: float

    @property
    def activity(self) -> float:
        """Activity of uptake 1 at the start of the scan, Bq/mL."""
        left = self.dose * 2 ** (-self.since / HALF_LIFE)
        return float(1 / suv.body_weight(np.array(1.0), dose=left, weight=self.weight))


def shot(number: int, sex: str, seed: int) -> Shot:
    """The injection of a participant, from what no other image is drawn from."""
    rng = np.random.default_rng([seed, number, 18])
    weight, height = (float(rng.normal(*each)) for each in BUILD[sex])
    weight = round(max(weight, 45.0), 1)
    dose = round(3.5 * weight * float(rng.uniform(0.9, 1.1))) * 1e6  # MBq a kg: usual
    return Shot(
        dose=dose, since=round(float(rng.uniform(3300, 4500))), weight=weight,
        height=round(height, 2),
    )  # fmt: skip


def taking_up(lumps: Sequence[Lump], rng: np.random.Generator) -> list[Lump]:
    """The lumps with an uptake of FDG each; what lumps of one kind share is drawn once."""
    shared: dict[str, Array] = {}
    found = []
    for lump in lumps:
        patient = shared.setdefault(lump.tissue, rng.standard_normal(1))
        found.append(
            replace(lump, values=lump.values | draw(lump.tissue, patient, rng, names=("suv",)))
        )
    return found


def counts(
    labels: Labels, uptake: Mapping[int, float], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Stored numbers, shape (40, 40, 24).

    Args:
        labels: code of each fine cell.
        uptake: of each code, g/mL.
        rng: source of the noise.
    """
    mean = scanner.averaged(labels, uptake, scanner.CUBE)
    spread = RESOLUTION / 2.355 / scanner.spacing(scanner.CUBE)
    seen = gaussian_filter(mean, spread)
    seen += NOISE * np.sqrt(seen) * rng.standard_normal(seen.shape, np.float32)
    stored = np.rint(np.clip(seen, 0, HIGHEST) * (STORED / HIGHEST))
    return np.asarray(stored, np.uint16)


def header(given: Shot, maker: Vendor, start: datetime, *, weight_known: bool) -> Dataset:
    """What all files of the series say of tracer, patient and clocks, each maker in its own way."""
    dataset = Dataset()
    dataset.Modality = "PT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SeriesType, dataset.CountsSource = ["WHOLE BODY", "IMAGE"], "EMISSION"
    dataset.CorrectedImage = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"]
    dataset.DecayCorrection = "START"
    dataset.PatientWeight = given.weight if weight_known else None
    dataset.PatientSize = given.height
    dataset.RescaleIntercept, dataset.SeriesTime = "0", clock(start)
    dataset.ActualFrameDuration = int(1000 * FRAME)
    dataset.Units = "BQML"
    dataset.RescaleSlope = f"{given.activity * HIGHEST / STORED:.8g}"
    _told_by(dataset, given, maker, start)
    item = Dataset()
    item.Radiopharmaceutical = "FDG -- fluorodeoxyglucose"
    item.RadionuclideTotalDose = f"{given.dose:.0f}"
    item.RadionuclideHalfLife = f"{HALF_LIFE}"
    injected = start - timedelta(seconds=given.since)
    item.RadiopharmaceuticalStartTime = injected.strftime("%H%M%S")
    if maker is vendors.SIEMENS_PET:
        item.RadiopharmaceuticalStartDateTime = injected.strftime("%Y%m%d%H%M%S")
    dataset.RadiopharmaceuticalInformationSequence = Items([item])
    return dataset


def _told_by(dataset: Dataset, given: Shot, maker: Vendor, start: datetime) -> None:
    """Where a maker keeps the time of the activity, and in what units it stores it."""
    lost = np.log(2) / HALF_LIFE * FRAME
    average = float(np.log(lost / -np.expm1(-lost)) * HALF_LIFE / np.log(2))
    if maker is vendors.GE_PET:  # its workstation writes the series afterwards
        dataset.SeriesTime, dataset.FrameReferenceTime = clock(start + LATER), 0
        _private(dataset, 0x00090010, "LO", "GEMS_PETD_01")
        _private(dataset, 0x0009100D, "DT", start.strftime("%Y%m%d%H%M%S.00"))
        return
    dataset.FrameReferenceTime = round(1000 * average, 3)
    dataset.DecayFactor = round(2 ** (average / HALF_LIFE), 6)
    if maker is vendors.PHILIPS_PET:
        dataset.Units, dataset.RescaleSlope = "CNTS", "1"
        _private(dataset, 0x70530010, "LO", "Philips PET Private Group")
        _private(dataset, 0x70531000, "DS", f"{HIGHEST / STORED:.8g}")
        _private(dataset, 0x70531009, "DS", f"{given.activity * HIGHEST / STORED:.8g}")


def _private(dataset: Dataset, tag: int, kind: str, value: Any) -> None:
    dataset.add(DataElement(tag, kind, value))
