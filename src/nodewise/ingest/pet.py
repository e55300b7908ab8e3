"""What a PET series says of its tracer, its clocks and its patient, so that activity is uptake.

Sources: QIBA, SUV vendor-neutral pseudo-code (qibawiki.rsna.org, "Standardized Uptake Value
(SUV)"); DICOM PS3.3 C.8.9.1.1.5 and C.8.9.4.1.5 (decay correction, frame reference time), C.8.22
(enhanced objects). Where both leave the reference time open, the earliest acquisition time is
taken, which is what START means there.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

from pydicom import Dataset

from nodewise.ingest.elements import items, number, scaled, seconds
from nodewise.ingest.frames import Frame
from nodewise.ingest.records import Tracer

TAGS = (
    "SeriesTime", "CorrectedImage", "DecayCorrection", "DecayCorrected", "AttenuationCorrected",
    "DecayCorrectionDateTime", "FrameReferenceTime", "ActualFrameDuration", "SUVType",
    "RadiopharmaceuticalInformationSequence", "PatientWeight", "PatientSize", "PatientSex",
    0x00090010, 0x0009100D, 0x70530010, 0x70531000, 0x70531009,
)  # fmt: skip

NEEDED = {"ATTN", "DECY"}
CORRECTIONS = (
    "DECY", "ATTN", "SCAT", "DTIM", "MOTN", "PMOT", "CLN", "RAN", "RADL", "DCAL", "NORM", "RANSNG",
    "SLSENS",
)  # fmt: skip
DECAYS = ("START", "ADMIN", "NONE")
STANDARDS = ("BW", "BSA", "IBW", "LBM", "LBMJAMES128", "LBMJANMA")
OTHER = "something else"
"""What a word of a header that is none of these is called: it may hold anything."""

SEXES: dict[str, Literal["female", "male"]] = {"F": "female", "M": "male"}
DOSE = "RadionuclideTotalDose"
BELIEVABLE = {
    "dose": (DOSE, 1e5, 1e12, "Bq"),
    "half_life": ("RadionuclideHalfLife", 1.0, 1e8, "s"),
    "weight": ("PatientWeight", 0.5, 500.0, "kg"),
    "height": ("PatientSize", 0.2, 2.6, "m"),
}
"""What is read: its attribute, and between which values it is in the unit that it must be in."""

EARLY = 600.0  # s: an injection may follow the start of a dynamic series by this
LONGEST, OVERNIGHT = 10, 43200.0  # half-lives; s, where no date tells the day of the injection
DISAGREE = 60.0  # s between images: then frame reference times do not tell the reference
SHARED = {
    "agents": "Radiopharmaceutical", "injected": "RadiopharmaceuticalStartDateTime",
    "clock": "RadiopharmaceuticalStartTime", "corrections": "CorrectedImage",
    "decay": "DecayCorrection", "stated": "DecayCorrectionDateTime", "sex": "PatientSex",
}  # fmt: skip
"""What all images of one examination say alike, by its attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """What one PET image says; clocks are of the calendar, so it never leaves this room.

    Args:
        corrections: words of CorrectedImage; None where nothing is said.
        decay: what activity is decay-corrected to: START, ADMIN or NONE.
        stated: the moment to which it is, as enhanced objects say it, s.
        series: series time, s.
        acquired: acquisition time, s.
        offset: frame reference time, s after the moment to which activity is decay-corrected.
        duration: of the frame, s.
        scan: GE's private scan time, s.
        injected: injection time, s.
        clock: injection time of the day, s.
        facts: dose (Bq), half_life (s), weight (kg), height (m) as they stand there.
        sex: as it stands there.
        agents: what was injected, by codes and words that may hold anything; one for each dose.
    """

    corrections: tuple[str, ...] | None
    decay: str
    stated: float | None
    series: float | None
    acquired: float | None
    offset: float | None
    duration: float | None
    scan: float | None
    injected: float | None
    clock: float | None
    facts: dict[str, float | None]
    sex: str
    agents: tuple[str, ...]


def emission(image: Dataset) -> Emission:
    """What a PET image says."""
    shots = list(image.get("RadiopharmaceuticalInformationSequence") or ())
    shot = next(iter(shots), Dataset())
    homes = {"dose": shot, "half_life": shot, "weight": image, "height": image}
    return Emission(
        corrections=_corrections(image),
        decay=_word(image.get("DecayCorrection"), DECAYS, "missing"),
        stated=_moment(image.get("DecayCorrectionDateTime")),
        series=_moment(image.get("SeriesDate"), image.get("SeriesTime")),
        acquired=_moment(image.get("AcquisitionDateTime"))
        or _moment(image.get("AcquisitionDate"), image.get("AcquisitionTime")),
        offset=scaled(image.get("FrameReferenceTime"), 1e-3),
        duration=scaled(image.get("ActualFrameDuration"), 1e-3),
        scan=_moment(_private(image, 0x0009100D, "GEMS_PETD_01")),
        injected=_moment(shot.get("RadiopharmaceuticalStartDateTime")),
        clock=seconds(shot.get("RadiopharmaceuticalStartTime")),
        facts={name: number(homes[name].get(BELIEVABLE[name][0])) or None for name in homes},
        sex=str(image.get("PatientSex") or "").strip(),
        agents=tuple(_agent(each) for each in shots if each is shot or each.get(DOSE)),
    )


def _agent(shot: Dataset) -> str:
    """What one injection was of."""
    kinds = ("RadionuclideCodeSequence", "RadiopharmaceuticalCodeSequence")
    codes = [one.get("CodeValue") for kind in kinds for one in shot.get(kind) or ()]
    words = (*codes, shot.get("Radiopharmaceutical"))
    return " ".join(str(word).strip().casefold() for word in words if word)


def _word(value: object, known: Sequence[str], absent: str) -> str:
    word = str(value or absent).strip()
    return word if word in (*known, absent) else OTHER


def _corrections(image: Dataset) -> tuple[str, ...] | None:
    """Corrections by the words of classic images."""
    if image.get("CorrectedImage"):
        words = [str(word).strip().upper() for word in items(image.CorrectedImage)]
        return tuple(word if word in CORRECTIONS else OTHER for word in words)
    flags = {"ATTN": image.get("AttenuationCorrected"), "DECY": image.get("DecayCorrected")}
    if not any(flags.values()):
        return None
    return tuple(word for word, flag in flags.items() if flag == "YES")


def _moment(*texts: object) -> float | None:
    """Seconds of the calendar of a date and time; None without both."""
    joined = "".join(str(text or "").strip().replace(":", "") for text in texts)
    if not all(texts) or len(joined.partition(".")[0]) < 12:
        return None
    return seconds(joined)


def _private(image: Dataset, tag: int, creator: str) -> object:
    owner = (tag & 0xFFFF0000) | 0x10
    if tag not in image or owner not in image or str(image[owner].value).strip() != creator:
        return None
    value = image[tag].value
    return value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else value


def in_units(image: Dataset, frames: Iterable[Frame], units: str) -> tuple[list[Frame], str]:
    """Frames and their unit; Philips' counts become uptake or activity by its private factors."""
    kind = _word(image.get("SUVType"), STANDARDS, "BW")
    if units == "GML" and kind != "BW":
        return list(frames), f"GML by {kind}"
    if units == "CNTS":
        for tag, unit in ((0x70531000, "GML"), (0x70531009, "BQML")):
            factor = number(_private(image, tag, "Philips PET Private Group"))
            if factor:
                told = f"Philips factor (7053,{tag & 0xFFFF:04X})"
                return [_scaled(frame, factor, told) for frame in frames], unit
    return list(frames), units


def _scaled(frame: Frame, factor: float, told: str) -> Frame:
    return replace(
        frame, slope=factor * frame.slope, intercept=factor * frame.intercept, scaling=told
    )


def tracer(images: Sequence[Emission]) -> Tracer:
    """What the images of a series say together."""
    wrong: dict[str, str] = {}
    first = images[0]
    facts = {name: _fact(images, name, wrong) for name in BELIEVABLE}
    corrected = None if first.corrections is None else set(first.corrections) >= NEEDED
    if corrected is False:
        wrong["corrected"] = (
            f"CorrectedImage says {', '.join(first.corrections or ()) or 'nothing'}; "
            f"ATTN and DECY are needed"
        )
    if mixed := _mixed(images):
        corrected, wrong["series"] = False, mixed
    if first.sex and first.sex not in SEXES:
        wrong["sex"] = f"PatientSex is {first.sex[:1]}; F or M is needed"
    since, timed_by = _since(images, facts["half_life"], wrong)
    return Tracer(
        **facts, corrected=corrected, sex=SEXES.get(first.sex), since=since, timed_by=timed_by,
        wrong=wrong,
    )  # fmt: skip


def _mixed(images: Sequence[Emission]) -> str:
    """Why these are images of no one examination with one injection; empty where they are."""
    if len(images[0].agents) > 1:
        return f"its images tell of {len(images[0].agents)} injections"
    differing = [
        attribute
        for name, attribute in SHARED.items()
        if len({getattr(image, name) for image in images}) > 1
    ]
    return f"{', '.join(differing)} differ between its images" if differing else ""


def _fact(images: Sequence[Emission], name: str, wrong: dict[str, str]) -> float | None:
    """A number that all images share and that can be what it says."""
    found = {image.facts[name] for image in images}
    attribute, low, high, unit = BELIEVABLE[name]
    value = next(iter(found))
    if len(found) > 1:
        wrong[name] = f"{attribute} differs between its images"
    elif value is not None and not low <= value <= high:
        wrong[name] = f"{attribute} is {value:g}, which is not in {unit}"
    return None if name in wrong else value


def _since(
    images: Sequence[Emission], half_life: float | None, wrong: dict[str, str]
) -> tuple[float | None, str]:
    """Time from the injection to that of the activity, s, and what told the latter."""
    first = images[0]
    if first.decay == "ADMIN":
        return 0.0, "DecayCorrection ADMIN"
    if first.decay != "START" and first.stated is None:
        wrong["since"] = f"DecayCorrection is {first.decay}; START or ADMIN is needed"
        return None, ""
    reference, timed_by = _reference(images, half_life)
    if reference is None:
        wrong["since"] = "neither SeriesTime nor AcquisitionTime, with its date, is in every image"
        return None, ""
    since = _elapsed(first, reference)
    if since is None:
        wrong["since"] = "neither RadiopharmaceuticalStartDateTime nor …StartTime is there"
        return None, timed_by
    latest = LONGEST * half_life if half_life else math.inf
    overnight = first.injected is None and since > reference % 86400
    if not -EARLY <= since <= (min(latest, OVERNIGHT) if overnight else latest):
        way = "before" if since > 0 else "after"
        but = ", if it was the day before: no date says so" if overnight else ""
        clock = "StartTime" if first.injected is None else "StartDateTime"
        wrong["since"] = (
            f"the injection lies {abs(since) / 3600:.1f} h {way} the time to which activity is "
            f"decay-corrected ({timed_by}){but}; hold Radiopharmaceutical{clock} and that time "
            "against the record of the injection, and correct in the files what is wrong"
        )
        return None, timed_by
    return round(since, 3), timed_by


def _elapsed(first: Emission, reference: float) -> float | None:
    if first.injected is not None:
        return reference - first.injected
    if first.clock is None:
        return None
    since = reference % 86400 - first.clock
    return since if since >= -EARLY else since + 86400  # injected before midnight


def _reference(images: Sequence[Emission], half_life: float | None) -> tuple[float | None, str]:
    """The moment to which activity is decay-corrected, and what told it."""
    first = images[0]
    if first.stated is not None:
        return first.stated, "DecayCorrectionDateTime"
    known = [image.acquired for image in images if image.acquired is not None]
    if first.series is not None and len(known) == len(images) and first.series <= min(known):
        return first.series, "series time"
    if first.scan is not None:  # the series was made afterwards
        return first.scan, "GE scan time (0009,100D)"
    starts = [found for image in images if (found := _began(image, half_life)) is not None]
    if len(starts) == len(images) and max(starts) - min(starts) <= DISAGREE:
        return median(starts), "acquisition and frame reference times"
    if len(known) == len(images):
        return min(known), "earliest acquisition time"
    return None, ""


def _began(image: Emission, half_life: float | None) -> float | None:
    """The reference time by a frame's own clock: its mean activity lies an offset after it.

    Source: DICOM PS3.3 C.8.9.4.1.5, example 2 (time of average activity in a frame).
    """
    if image.acquired is None or not (image.offset and image.duration and half_life):
        return None
    rate = math.log(2) / half_life
    lost = rate * image.duration
    average = math.log(lost / -math.expm1(-lost)) / rate
    return image.acquired - image.offset + average


SIGNS = {"InjectedRadioactivity", "ImageDecayCorrected", "TracerRadionuclide"}
"""Names in a sidecar that only PET has."""

BECQUEREL = {"Bq": 1.0, "kBq": 1e3, "MBq": 1e6, "GBq": 1e9, "uCi": 3.7e4, "mCi": 3.7e7}
HALF_LIVES = {"F18": 6586.2}
"""Of radionuclides by their name in a sidecar without RadionuclideHalfLife, s."""


def beside(facts: dict[str, Any]) -> Tracer:
    """What a JSON file beside a NIfTI volume says: BIDS' names, and dcm2niix's for the patient.

    Source: BIDS 1.8 and later, Positron Emission Tomography.
    """
    wrong: dict[str, str] = {}
    unit = BECQUEREL.get(str(facts.get("InjectedRadioactivityUnits") or "Bq"))
    dose, sex = number(facts.get("InjectedRadioactivity")), str(facts.get("PatientSex") or "")
    if dose and unit is None:
        wrong["dose"] = "InjectedRadioactivityUnits is no unit of activity that is known here"
    nuclide = str(facts.get("TracerRadionuclide") or "").replace("-", "").replace("[", "")
    since = _timed(facts, wrong)
    return Tracer(
        corrected=_said(facts, wrong),
        dose=dose * unit if dose and unit else None,
        half_life=number(facts.get("RadionuclideHalfLife")) or HALF_LIVES.get(nuclide),
        since=since,
        timed_by="" if since is None else "ImageDecayCorrectionTime",
        weight=number(facts.get("PatientWeight")) or None,
        height=number(facts.get("PatientSize")) or None,
        sex=SEXES.get(sex[:1].upper()),
        wrong=wrong,
    )


def _said(facts: dict[str, Any], wrong: dict[str, str]) -> bool | None:
    """Whether attenuation and decay are corrected; None where the file does not tell both."""
    decay, how = facts.get("ImageDecayCorrected"), str(facts.get("AttenuationCorrection") or "")
    if decay is False or how.lower() in ("none", "no", "false", "n/a"):
        wrong["corrected"] = (
            f"ImageDecayCorrected is {decay}, AttenuationCorrection {how or 'missing'}; "
            "both corrections are needed"
        )
        return False
    return True if decay and how else None


def _timed(facts: dict[str, Any], wrong: dict[str, str]) -> float | None:
    """From the injection to the time of the activity, s; both count from TimeZero."""
    corrected, injected = (
        number(facts.get(name)) for name in ("ImageDecayCorrectionTime", "InjectionStart")
    )
    if corrected is None or injected is None:
        return None
    since = corrected - injected
    if since < -EARLY:
        wrong["since"] = f"InjectionStart lies {-since / 60:.0f} min after ImageDecayCorrectionTime"
        return None
    return since
