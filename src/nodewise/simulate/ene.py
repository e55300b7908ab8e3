"""People of the study of extranodal extension: who comes, which nodes break their capsule.

Shares and sizes are our assumptions unless a source stands beside them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate.nodes import Extension, Lump, Neck, places
from nodewise.simulate.painting import bumps
from nodewise.simulate.people import SITES, Person, Visit, clinical_n, either, other, staging, tiny
from nodewise.simulate.readers import Item, Panel, Reader, Round
from nodewise.simulate.specimens import Dissection, Row

ARMS = ("surgical",)
DRAWN = ("ct", "t2w")
TOLD = """(mm, mm³; ct in HU without noise); pene_mm is the extension under the microscope,
border_mm how far the border is blurred on imaging, which an inflamed node has too, and
which alone readers can see; matted nodes have grown together with a neighbour, and
invades is growth into more than fat; CT and T2w share coordinates, as after registration"""
FIRST_SURGERY, DAYS = date(2024, 2, 1), 1000  # diagnoses of 2024 to 2026
CHANCES = {
    "oropharynx": 0.42, "oral cavity": 0.26, "larynx": 0.12, "hypopharynx": 0.10,
    "unknown primary": 0.10,
}  # fmt: skip
LINKED = 0.8  # share of drawn nodes that surgeon and pathologist link to the image
NODE_NEGATIVE = 0.12  # share without metastasis
CONTRALATERAL = 0.15  # share of metastases on the other side
EXTENDS = {"always": -3.1, "mm": 0.13, "necrosis": 1.0, "each": 0.2}
"""Log odds of extension: of every metastasis, by mm of short axis, for necrosis, by its number
among the patient's metastases. That these matter is textbook knowledge; their size is assumed."""
MINOR = 0.4  # share of extending nodes that stay within 2 mm
MATTED, INVADES, INVADES_FROM = 0.4, 0.5, 5.0  # shares of major ones, the last from this many mm
INFLAMED = {True: 0.10, False: 0.05}  # share with a blurred border without extension, metastatic?
MOST_BLURRED = 5.0  # mm
VISIBLE, VISIBLE_SPREAD = 0.5, 0.7  # of the extension, log-normal: what blurs the border
NO_CT, NO_CONSENT, LATE_SURGERY = (13,), (9,), (17,)  # participants' numbers


def person(number: int, sequences: tuple[str, ...], rng: np.random.Generator) -> Person:
    """Participant of this number; the rng must be this participant's own.

    Args:
        number: from 1.
        sequences: of the trial file, all imaged before surgery.
        rng: source of everything that the number does not settle.
    """
    side = either(rng)
    surgery = FIRST_SURGERY + timedelta(days=int(rng.integers(0, DAYS)))
    before = 70 if number in LATE_SURGERY else int(rng.integers(3, 36))
    facts = _facts(number, rng)
    neck = Neck(rng, DRAWN)
    dissection = _disease(neck, str(facts["primary_site"]), side)
    neck.lumps = [replace(lump, seen=lump.seen and number not in NO_CT) for lump in neck.lumps]
    facts |= staging(str(facts["primary_site"]), side, surgery - timedelta(days=before + 10), rng)
    facts |= {"clinical_n": clinical_n(neck.lumps, side), "surgery_date": surgery}
    visit = Visit(
        name="pre-treatment", day=surgery - timedelta(days=before), sequences=sequences,
        after_surgery=False,
    )  # fmt: skip
    return Person(
        number=number, sex=str(facts["sex"]), facts=facts, lumps=neck.named(),
        visits=() if number in NO_CT else (visit,),
        born=surgery - timedelta(days=int(365.25 * facts["age"] + rng.integers(50, 300))),
        dissection=dissection, surgery=surgery,
    )  # fmt: skip


def _facts(number: int, rng: np.random.Generator) -> Row:
    return {
        "arm": ARMS[0],
        "sex": str(rng.choice(["female", "male"], p=[0.27, 0.73])),
        "age": float(round(np.clip(rng.normal(61, 10), 24, 88))),
        "primary_site": str(rng.choice(list(CHANCES), p=list(CHANCES.values()))),
        "histology": "squamous cell carcinoma",
        "preoperative_mri": number not in NO_CT,
        "node_histology": True,
        "neck_dissection_planned": True,
        "prior_neck_treatment": False,
        "prior_neck_surgery": False,
        "consent": number not in NO_CONSENT,
    }


def _disease(neck: Neck, site: str, side: Side) -> Dissection:
    """Tumour, metastases and benign nodes; what the surgeon takes out."""
    rng = neck.rng
    levels = tuple(places())
    if site in SITES:
        at, levels = SITES[site]
        neck.lesion("squamous cell carcinoma", RegionKind.PRIMARY_TUMOUR, side=side, at=at)
    never = site in SITES and rng.random() < NODE_NEGATIVE
    for _ in range(0 if never else 1 + int(rng.poisson(1.6))):
        neck.node("metastatic", side=other(side) if rng.random() < CONTRALATERAL else side)
    _grow_beyond(neck)
    for _ in range(int(rng.integers(3, 7))):
        neck.node("benign", side=side if rng.random() < 0.6 else other(side))
    ill = {(lump.side, lump.level) for lump in neck.lumps if lump.metastatic and lump.level}
    both = any(where != side for where, _ in ill) or rng.random() < 0.3
    dissected = [(side, level) for level in levels]
    dissected += [(other(side), level) for level in ("IIA", "IIB", "III", "IV") if both]
    dissected += sorted(ill - set(dissected))
    tiny(neck, dissected, metastatic=0.02 if never else 0.05)
    neck.lumps = [_inflamed(lump, rng) for lump in neck.lumps]
    return Dissection(tuple(dissected), linked=LINKED)


def _grow_beyond(neck: Neck) -> None:
    """Let metastases break their capsules; some grow together with a neighbour that they make."""
    found = [place for place, lump in enumerate(neck.lumps) if lump.metastatic]
    for count, place in enumerate(found, 1):
        lump = neck.lumps[place] = _extended(neck.lumps[place], count, neck.rng)
        if lump.extension and lump.extension.matted:
            if neck.mate(lump):
                neck.lumps[-1] = replace(neck.lumps[-1], extension=lump.extension)
            else:
                alone = replace(lump.extension, matted=False)
                neck.lumps[place] = replace(lump, extension=alone)


def _extended(lump: Lump, count: int, rng: np.random.Generator) -> Lump:
    odds = EXTENDS["always"] + EXTENDS["mm"] * lump.short_axis + EXTENDS["each"] * count
    odds += EXTENDS["necrosis"] if lump.core else 0.0
    if rng.random() > 1 / (1 + np.exp(-odds)):
        return lump
    major = rng.random() > MINOR
    pene = 2.0 + rng.gamma(2.0, 1.6) if major else rng.uniform(0.3, 2.0)
    seen = float(VISIBLE * pene * np.exp(VISIBLE_SPREAD * rng.standard_normal()))
    matted, invades = rng.random(2) < (MATTED, INVADES)
    extension = Extension(
        pene_mm=round(float(pene), 1),
        border_mm=min(seen, MOST_BLURRED),
        matted=bool(major and matted),
        invades=bool(pene > INVADES_FROM and invades),
    )
    return _uneven(replace(lump, extension=extension), rng)


def _inflamed(lump: Lump, rng: np.random.Generator) -> Lump:
    """A node without extension, whose border inflammation may have blurred all the same."""
    if lump.extension or lump.kind is not RegionKind.NODE:
        return lump
    blurred = rng.random() < INFLAMED[bool(lump.metastatic)]
    border = float(rng.uniform(0.6, 2.0)) if blurred else 0.0
    return _uneven(replace(lump, extension=Extension(border_mm=border)), rng)


def _uneven(lump: Lump, rng: np.random.Generator) -> Lump:
    """The same node, its surface as uneven as its border is blurred."""
    border = lump.extension.border_mm if lump.extension else 0.0
    if not border:
        return lump
    height = min(0.22 * border / float(lump.shape.radii[:2].mean()), 0.16)
    return replace(lump, shape=replace(lump.shape, bumps=bumps(height, rng)))


DEEP = ("IIB",)  # where ultrasound sees little: assumed
MARGINS, NECROSIS, NO_YES = (
    ("smooth", "indistinct", "irregular"), ("none", "focal", "gross"), ("no", "yes"),
)  # fmt: skip
_ASKS = {"margin": MARGINS, "necrosis": NECROSIS, "matted": NO_YES}


def _round(name: str, skill: float, month: int, asks: dict[str, tuple[str, ...]]) -> Round:
    return Round(
        name=name, part="pilot", form="iene_v1", question="grade", thresholds=(1.0, 2.0, 3.0),
        decides=1.0, skill=skill, asks=asks, skips=0.05,
        begins=datetime(2026, month, 5, 8, tzinfo=UTC),
    )  # fmt: skip


PANEL = Panel(
    readers=(
        Reader(name="reader-1", skill=1.25, boldness=1.0, seconds=30),
        Reader(name="reader-2", skill=1.05, bias={"ct": 0.1, "pet": 0.1}, boldness=1.3),
        Reader(name="reader-3", skill=0.95, bias={"us": -0.15}, boldness=0.9, seconds=40),
        Reader(
            name="reader-4", skill=0.75, bias={"ct": -0.15, "mr": -0.1}, boldness=1.6, seconds=50,
            overlooks=0.04,
        ),
    ),
    rounds=(
        _round("ct", 1.0, 1, _ASKS),
        _round("mr", 1.2, 3, _ASKS),
        _round("pet", 0.8, 5, {}),
        _round("us", 0.8, 7, {}),
    ),
)  # fmt: skip
"""Two radiologists of experience, one of less, one in training; rounds two months apart."""


def items(person: Person) -> tuple[Item, ...]:
    """What readers can see of every drawn node: HNCIG's grades lie one apart, from 0."""
    return tuple(
        Item(label=lump.label, signs=_signs(lump), features=_features(lump))
        for lump in person.lumps
        if lump.seen and lump.kind is RegionKind.NODE
    )


def _signs(lump: Lump) -> dict[str, float]:
    """The sign of extension by round; PET shows no fat planes, ultrasound no deep levels."""
    extension = lump.extension or Extension()
    sign = min(1.3 * np.log2(1 + extension.border_mm), 1.7) + (0.2 if lump.core else 0.0)
    sign = max(sign, 2.5 * extension.matted, 3.4 * extension.invades)
    large = float(np.clip(0.05 * (lump.short_axis - 10), 0, 0.5))
    return {
        "ct": sign,
        "mr": sign,
        "pet": 0.75 * sign + (large if lump.metastatic else 0.0),
        "us": sign * (0.3 if lump.level in DEEP else 1.0),
    }


def _features(lump: Lump) -> dict[str, str]:
    extension = lump.extension or Extension()
    margin = int(np.searchsorted((0.8, 2.0), extension.border_mm))
    necrosis = (lump.core > 0) + (lump.core > 0.55)
    return {
        "margin": MARGINS[margin],
        "necrosis": NECROSIS[necrosis],
        "matted": NO_YES[extension.matted],
    }
