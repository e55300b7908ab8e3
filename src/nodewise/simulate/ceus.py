"""People of the study of contrast ultrasound: how nodes respond to neoadjuvant treatment.

Shares and sizes are our assumptions unless a source stands beside them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate.nodes import Lump, Neck, Response, places
from nodewise.simulate.people import SITES, Person, Visit, clinical_n, either, other, staging, tiny
from nodewise.simulate.readers import Item, Panel, Reader, Round
from nodewise.simulate.specimens import Dissection, Row
from nodewise.simulate.tissue import draw

ARMS = ("neoadjuvant",)
DRAWN = ("peak", "time_to_peak", "spread")
TOLD = """(mm, mm³, s); bed is the share of a node that tumour took before treatment (0 was never
involved), viable, necrosis and fibrosis are shares of that bed after it; short_axis_mm,
long_axis_mm and volume are those of the visit, all else is of surgery; peak_to_muscle
and time_to_peak are of the mean curve of a node's tissue at that visit, without speckle
and motion, the second from the first frame"""
FIRST_START, DAYS = date(2024, 8, 13), 400  # recruitment: registry record NCT06727162
CHANCES = {"oral cavity": 0.45, "oropharynx": 0.25, "hypopharynx": 0.18, "larynx": 0.12}
LINKED = 0.85  # share of drawn nodes that surgeon and pathologist link to the image
CONTRALATERAL = 0.15  # share of metastases on the other side
LARGE = 10.0  # mm of short axis from which CT calls a node ill
MOST_IMAGED = 2  # involved nodes of one patient that get a cine, the largest ones
ONE_MORE = 0.6  # share of patients in whom a node without tumour gets one, too
RESPONDS, DIFFER = 1.6, 2.2
"""Log odds that a node responds completely, and their spread between patients; so that somewhat
more than half of the patients have no tumour left in any node (22 of 41: PubMed 39850520)."""
RESIDUAL = {"major": 0.20, "partial": 0.35, "poor": 0.45}  # classes of what does not
VIABLE = {"major": (0.01, 0.10), "partial": (0.10, 0.50), "poor": (0.50, 1.0)}
SHRINKS = {
    "never": (0.9, 1.05), "complete": (0.6, 1.0), "major": (0.6, 1.0), "partial": (0.65, 1.0),
    "poor": (0.75, 1.2),
}  # fmt: skip
"""Short axis after over before. Nodes without tumour stay large: CT called 12 % of patients
complete of whom pathology called 54 % so (PubMed 39850520)."""
INFLAMED = 0.3  # spread of the logarithm of vessels that inflammation adds or takes
SMALLEST = 4.0  # mm of short axis to which a node shrinks at most

# What makes whom ineligible or incomplete, by number.
UNFINISHED, TREATED_BEFORE, NOT_AFTER, METASTASIZED = 7, 16, 11, 21


def person(number: int, sequences: tuple[str, ...], rng: np.random.Generator) -> Person:
    """Participant of this number; the rng must be this participant's own.

    Args:
        number: from 1.
        sequences: of the trial file, imaged before treatment and after it.
        rng: source of everything that the number does not settle.
    """
    side = either(rng)
    start = FIRST_START + timedelta(days=int(rng.integers(0, DAYS)))
    surgery = start + timedelta(days=int(rng.integers(63, 98)))
    facts = _facts(number, rng) | {"neoadjuvant_start_date": start, "surgery_date": surgery}
    neck = Neck(rng, DRAWN)
    dissection = _disease(neck, str(facts["primary_site"]), side)
    facts |= staging(str(facts["primary_site"]), side, start - timedelta(days=20), rng)
    facts["clinical_n"] = clinical_n(neck.lumps, side)
    facts["clinical_m"] = "M1" if number == METASTASIZED else "M0"
    neck.lumps = _treated(_imaged(neck.lumps, rng), rng)
    days = {"pre": start - timedelta(days=int(rng.integers(1, 15))),
            "post": surgery - timedelta(days=int(rng.integers(1, 12)))}  # fmt: skip
    visits = tuple(
        Visit(
            name=name, day=day, sequences=sequences, after_surgery=False,
            before_treatment=name == "pre",
        )
        for name, day in days.items()
        if not (name == "post" and number == NOT_AFTER)
    )  # fmt: skip
    return Person(
        number=number, sex=str(facts["sex"]), facts=facts, lumps=neck.named(), visits=visits,
        dissection=dissection, surgery=surgery, arrival=float(rng.normal(8.0, 1.0)),
        born=start - timedelta(days=int(365.25 * facts["age"] + rng.integers(50, 300))),
    )  # fmt: skip


def _facts(number: int, rng: np.random.Generator) -> Row:
    return {
        "arm": ARMS[0],
        "sex": str(rng.choice(["female", "male"], p=[0.2, 0.8])),
        "age": float(round(np.clip(rng.normal(57, 10), 24, 82))),
        "primary_site": str(rng.choice(list(CHANCES), p=list(CHANCES.values()))),
        "histology": "squamous cell carcinoma",
        "node_histology": True,
        "neck_dissection_planned": True,
        "prior_neck_treatment": number == TREATED_BEFORE,
        "prior_neck_surgery": False,
        "neoadjuvant_therapy": True,
        "neoadjuvant_complete": number != UNFINISHED,
        "radical_surgery": True,
        "consent": True,
    }


def _disease(neck: Neck, site: str, side: Side) -> Dissection:
    """Metastases, one of them large at least, and other nodes; what the surgeon takes out."""
    rng, levels = neck.rng, SITES[site][1]
    for _ in range(1 + int(rng.poisson(0.9))):
        neck.node("metastatic", side=other(side) if rng.random() < CONTRALATERAL else side)
    for _ in range(8):
        if any(lump.seen and lump.short_axis >= LARGE for lump in neck.lumps):
            break
        neck.node("metastatic", side=side)
    for _ in range(int(rng.integers(3, 6))):
        neck.node("benign", side=side if rng.random() < 0.6 else other(side))
    ill = {(lump.side, lump.level) for lump in neck.lumps if lump.metastatic and lump.level}
    both = any(where != side for where, _ in ill) or rng.random() < 0.5
    dissected = [(side, level) for level in levels if level in places()]
    dissected += [(other(side), level) for level in ("IIA", "IIB", "III", "IV") if both]
    dissected += sorted(ill - set(dissected))
    tiny(neck, dissected, metastatic=0.005)
    return Dissection(tuple(dissected), linked=LINKED)


def _imaged(lumps: list[Lump], rng: np.random.Generator) -> list[Lump]:
    """The lumps, seen where they get a cine: the largest involved nodes, and often another one."""
    large = sorted((lump for lump in lumps if lump.seen), key=lambda lump: -lump.short_axis)
    ill = [lump for lump in large if lump.metastatic][:MOST_IMAGED]
    chosen = [*ill, *[lump for lump in large if not lump.metastatic][: rng.random() < ONE_MORE]]
    return [replace(lump, seen=any(lump is one for one in chosen)) for lump in lumps]


def _treated(lumps: list[Lump], rng: np.random.Generator) -> list[Lump]:
    """The lumps as they are at surgery, knowing what they were."""
    odds = RESPONDS + DIFFER * rng.standard_normal()
    return [_responded(lump, odds, rng) for lump in lumps]


def _responded(lump: Lump, odds: float, rng: np.random.Generator) -> Lump:
    kind = "never"
    if lump.metastatic:
        responds = rng.random() < 1 / (1 + np.exp(-odds))
        rest = str(rng.choice(list(RESIDUAL), p=list(RESIDUAL.values())))
        kind = "complete" if responds else rest
    viable = float(rng.uniform(*VIABLE[kind])) if kind in VIABLE else 0.0
    bed = float(rng.uniform(0.7, 1.0)) if lump.metastatic else 0.0
    response = Response(
        before=lump.shape, bed=bed, viable=viable,
        necrosis=float((1 - viable) * rng.uniform(0.1, 0.6)) if bed else 0.0,
        necrosis_before=lump.core**3,
        inflamed=float(np.exp(INFLAMED * rng.standard_normal())),
    )  # fmt: skip
    least = min(SMALLEST / lump.short_axis, 1.0)
    shape = replace(lump.shape, radii=lump.shape.radii * max(rng.uniform(*SHRINKS[kind]), least))
    values = lump.values | {
        f"{tissue} {name}": value
        for tissue in ("benign", "regressed")
        for name, value in draw(tissue, rng.standard_normal(len(DRAWN)), rng, names=DRAWN).items()
    }
    return replace(
        lump, shape=shape, metastatic=viable > 0, values=values, core=0.0, response=response
    )


_REST = ("absent", "rim or septa alone", "heterogeneous", "homogeneous")
PANEL = Panel(
    readers=(
        Reader(name="reader-1", skill=1.7, seconds=40),
        Reader(name="reader-2", skill=1.4, bias={"post": 0.15}, boldness=1.3, seconds=45),
        Reader(name="reader-3", skill=1.0, bias={"post": -0.15}, seconds=60, overlooks=0.0),
    ),
    rounds=(
        Round(
            name="post", part="pilot", form="ceus_response_v1", question="residual",
            thresholds=(0.75, 1.25, 1.75), decides=1.25, begins=datetime(2026, 2, 2, 8, tzinfo=UTC),
            asks={"enhancement": _REST}, repeats=0.25,
        ),
    ),
)  # fmt: skip
"""Two sonographers of experience and one in training, who read the cines after treatment."""


def items(person: Person) -> tuple[Item, ...]:
    """What readers can see of every node that was imaged after treatment."""
    return tuple(
        Item(label=lump.label, signs={"post": _sign(lump)}, features={"enhancement": _shows(lump)})
        for lump in person.lumps
        if lump.seen and lump.kind is RegionKind.NODE
    )


def _sign(lump: Lump) -> float:
    """How much a node looks alive: by its living tumour, or by inflammation that resembles it."""
    response = lump.response or Response(before=lump.shape)
    living = (response.viable * response.bed) ** 0.4
    return float(0.55 + 2.0 * living + 0.5 * np.log(response.inflamed) * (1 - living))


def _shows(lump: Lump) -> str:
    response = lump.response or Response(before=lump.shape)
    perfused = 1 - response.bed * (1 - response.viable)
    return _REST[int(np.searchsorted((0.08, 0.3, 0.85), perfused))]
