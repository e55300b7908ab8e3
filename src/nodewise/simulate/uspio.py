"""People of the iron-oxide study: which nodes take up iron, which hold tumour, who may take part.

Shares and sizes are our assumptions unless a source stands beside them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate.neck import Ellipsoid
from nodewise.simulate.nodes import Lump, Neck, places
from nodewise.simulate.people import SITES, Person, Visit, clinical_n, either, other, staging, tiny
from nodewise.simulate.readers import Item, Panel, Reader, Round
from nodewise.simulate.specimens import Dissection, Row
from nodewise.simulate.tissue import surroundings

ARMS = ("explorative", "pilot", "explorative", "pilot", "pilot")
TOLD = """(mm, mm³, 1/s at 3 T); r2_star before iron oxide, uptake its rise a day after in
the tissue that takes iron up; deposit is the share of a node's length that a partial
metastasis has (empty in other nodes: wholly metastatic, or without tumour); hilus is
the same of the fat in its middle; signal_to_lipid is that of the tissue without deposit
at 13.5 ms after iron"""
DRAWN = ("gre", "r2_star", "uptake")
FIELD_STRENGTH = 3.0
FIRST = {"explorative": date(2019, 6, 3), "pilot": date(2020, 11, 2)}  # infusion of each part
DAYS = {"explorative": 480, "pilot": 850}
AMENDED = date(2021, 3, 1)  # from here on version 2: also N3, also larynx
CHANCES = {
    "oral cavity": 0.45, "oropharynx": 0.25, "hypopharynx": 0.10, "larynx": 0.12,
    "unknown primary": 0.08,
}  # fmt: skip
LINKED = 0.9  # share of drawn nodes that an MRI of the specimen links: the bridge is published
NODE_NEGATIVE = 0.28  # share without metastasis
CONTRALATERAL = 0.15  # share of metastases on the other side
WHOLE, PARTIAL = 0.68, 0.22  # of metastases; the rest are micrometastases, which imaging misses
REACTIVE = 0.08  # share of benign nodes that take up little iron
HILUS, HILUS_FROM = 0.25, 6.0  # share with fat in the middle, of benign nodes from this many mm
MICRO = (0.3, 0.95)  # mm, radius of a micrometastasis: under 2 mm by definition
ECHO = 13.5e-3  # s, at which readers compare with lipid

# What makes whom ineligible, by number, each by one rule.
N3_TOO_EARLY, LARYNX_TOO_EARLY, TREATED_BEFORE, NO_IRON, UNKNOWN_SAFETY = 8, 13, 15, 20, 11


def person(number: int, sequences: tuple[str, ...], rng: np.random.Generator) -> Person:
    """Participant of this number; the rng must be this participant's own.

    Args:
        number: from 1.
        sequences: of the trial file, imaged before the infusion and a day after it.
        rng: source of everything that the number does not settle.
    """
    side, part = either(rng), ARMS[(number - 1) % len(ARMS)]
    infusion = FIRST[part] + timedelta(days=int(rng.integers(0, DAYS[part])))
    if number in (N3_TOO_EARLY, LARYNX_TOO_EARLY):
        infusion = min(infusion, AMENDED - timedelta(days=30))
    surgery = infusion + timedelta(days=int(rng.integers(3, 18)))
    facts = _facts(number, infusion, rng) | {"arm": part}
    neck = Neck(rng, DRAWN)
    dissection = _disease(neck, str(facts["primary_site"]), side)
    facts |= staging(str(facts["primary_site"]), side, infusion - timedelta(days=20), rng)
    facts["clinical_n"] = "N3b" if number == N3_TOO_EARLY else clinical_n(neck.lumps, side)
    facts["surgery_date"] = surgery
    imaged = number != NO_IRON
    facts["infusion_date"] = infusion if imaged else None
    neck.lumps = [_iron(replace(lump, seen=lump.seen and imaged)) for lump in neck.lumps]
    days = {"pre": -int(rng.integers(1, 8)), "post": 1}
    visits = tuple(
        Visit(
            name=name, day=infusion + timedelta(days=after), sequences=sequences,
            after_surgery=False,
        )
        for name, after in days.items()
    )  # fmt: skip
    return Person(
        number=number, sex=str(facts["sex"]), facts=facts, lumps=neck.named(),
        visits=visits if imaged else (), dissection=dissection, surgery=surgery,
        born=surgery - timedelta(days=int(365.25 * facts["age"] + rng.integers(50, 300))),
        field_strength=FIELD_STRENGTH,
    )  # fmt: skip


def _facts(number: int, infusion: date, rng: np.random.Generator) -> Row:
    version = "1" if infusion < AMENDED else "2"
    site = str(rng.choice(list(CHANCES), p=list(CHANCES.values())))
    if number == LARYNX_TOO_EARLY:
        site = "larynx"
    elif site == "larynx" and version == "1":
        site = "oral cavity"
    return {
        "sex": str(rng.choice(["female", "male"], p=[0.35, 0.65])),
        "age": float(round(np.clip(rng.normal(64, 9), 24, 88))),
        "primary_site": site,
        "histology": "squamous cell carcinoma",
        "node_histology": True,
        "neck_dissection_planned": True,
        "prior_neck_treatment": number == TREATED_BEFORE,
        "prior_neck_surgery": False,
        "mri_contraindication": None if number == UNKNOWN_SAFETY else False,
        "uspio_contraindication": number == NO_IRON,
        "consent": True,
        "protocol_version": version,
    }


def _disease(neck: Neck, site: str, side: Side) -> Dissection:
    """Tumour, metastases of three kinds and benign nodes; what the surgeon takes out."""
    rng, levels = neck.rng, tuple(places())
    if site in SITES:
        at, levels = SITES[site]
        neck.lesion("squamous cell carcinoma", RegionKind.PRIMARY_TUMOUR, side=side, at=at)
    never = site in SITES and rng.random() < NODE_NEGATIVE
    for _ in range(0 if never else 1 + int(rng.poisson(1.7))):
        _metastasis(neck, other(side) if rng.random() < CONTRALATERAL else side)
    for _ in range(int(rng.integers(8, 13))):
        where = side if rng.random() < 0.6 else other(side)
        neck.node("reactive" if rng.random() < REACTIVE else "benign", side=where)
    neck.lumps = [_with_hilus(lump, rng) for lump in neck.lumps]
    ill = {(lump.side, lump.level) for lump in neck.lumps if lump.metastatic and lump.level}
    both = any(where != side for where, _ in ill) or rng.random() < 0.35
    dissected = [(side, level) for level in levels]
    dissected += [(other(side), level) for level in ("IIA", "IIB", "III", "IV") if both]
    dissected += sorted(ill - set(dissected))
    tiny(neck, dissected, metastatic=0.0 if never else 0.03)
    return Dissection(tuple(dissected), linked=LINKED)


def _metastasis(neck: Neck, side: Side) -> None:
    """Add a node that is tumour altogether, in part, or in a spot that no scanner shows."""
    rng, before = neck.rng, len(neck.lumps)
    kind = rng.choice(["whole", "partial", "micro"], p=[WHOLE, PARTIAL, 1 - WHOLE - PARTIAL])
    if kind == "whole":
        neck.node("metastatic", side=side)
        return
    neck.node("benign", side=side)
    if len(neck.lumps) == before:
        return
    lump = neck.lumps[-1]
    radii = lump.shape.radii * rng.uniform(0.5, 0.85)
    if kind == "micro":
        radii = np.full(3, rng.uniform(*MICRO))
    away = rng.standard_normal(3)
    away *= rng.uniform(0, 0.9) * (lump.shape.radii - radii) / np.linalg.norm(away)
    cos, sin = np.cos(lump.shape.turn), np.sin(lump.shape.turn)
    turned = np.array([away[0] * cos - away[1] * sin, away[0] * sin + away[1] * cos, away[2]])
    deposit = Ellipsoid(lump.shape.centre + turned, radii, lump.shape.turn)
    neck.lumps[-1] = replace(lump, metastatic=True, deposit=deposit)


def _with_hilus(lump: Lump, rng: np.random.Generator) -> Lump:
    chance, size = rng.random(), float(rng.uniform(0.25, 0.45))
    healthy = lump.kind is RegionKind.NODE and not lump.metastatic
    if healthy and lump.short_axis >= HILUS_FROM and chance < HILUS:
        return replace(lump, hilus=size)
    return lump


def _iron(lump: Lump) -> Lump:
    """The lump with its decay a day after the infusion."""
    after = lump.values["r2_star"] + lump.values["uptake"]
    return replace(lump, values=lump.values | {"r2_star_iron": after})


def signal_to_lipid(lump: Lump) -> float:
    """Signal of a node's tissue, its deposit apart, over that of fat, a day after the infusion."""
    around = {name: surroundings(name)["fat"] for name in ("gre", "r2_star_iron")}
    node = lump.values["gre"] * np.exp(-ECHO * lump.values["r2_star_iron"])
    return float(node / (around["gre"] * np.exp(-ECHO * around["r2_star_iron"])))


PATTERNS = (
    "homogeneous low signal", "low signal with hilar fat",
    "focal high-signal defect in a dark node", "dark rim with high-signal centre",
    "no signal change",
)  # fmt: skip
_SCALE = 3.0  # of the sign: natural logarithms of the ratio to lipid, times this
_RATIOS = (0.22, 0.85, 1.15)  # between attenuated, below, equal to and above lipid: assumed


def _round(part: str, begins: datetime, *, repeats: float) -> Round:
    low, below, above = (float(_SCALE * np.log(ratio)) for ratio in _RATIOS)
    return Round(
        name=part, part=part, form="uspio_lipid_v1", question="signal", arms=(part,),
        thresholds=(low, below, above), decides=below, begins=begins, repeats=repeats,
        asks={"pattern": PATTERNS},
    )  # fmt: skip


PANEL = Panel(
    readers=(
        Reader(name="reader-1", skill=1.3, start=0.6, pace=4, seconds=22),
        Reader(
            name="reader-2", skill=1.1, start=0.45, pace=5, boldness=1.3,
            bias={"explorative": -0.2}, seconds=26,
        ),
        Reader(
            name="reader-3", skill=0.9, start=0.35, pace=7, boldness=1.5, fatigue=0.25,
            bias={"explorative": 0.3, "pilot": 0.15}, seconds=34, overlooks=0.02,
        ),
    ),
    rounds=(
        _round("explorative", datetime(2023, 5, 2, 8, tzinfo=UTC), repeats=0.0),
        _round("pilot", datetime(2023, 9, 4, 8, tzinfo=UTC), repeats=0.3),
    ),
)  # fmt: skip
"""Three readers who learn in the explorative part and read the pilot part with what they know."""


def items(person: Person) -> tuple[Item, ...]:
    """What readers can see of every drawn node: its signal against lipid, and its pattern."""
    return tuple(
        Item(
            label=lump.label,
            signs=dict.fromkeys(("explorative", "pilot"), _sign(lump)),
            features={"pattern": _pattern(lump)},
        )
        for lump in person.lumps
        if lump.seen and lump.kind is RegionKind.NODE
    )


def _sign(lump: Lump) -> float:
    """Signal of the part that a reader would compare: a deposit stands out as it is large."""
    healthy = max(_SCALE * float(np.log(signal_to_lipid(lump))), -7.0) + 1.5 * lump.hilus
    shown = _shown(lump)
    return (1 - shown) * healthy + shown * _deposit_sign()


def _deposit_sign() -> float:
    made, fat = ({name: surroundings(name)[tissue] for name in ("gre", "r2_star_iron")}
                 for tissue in ("deposit", "fat"))  # fmt: skip
    decay = -ECHO * (made["r2_star_iron"] - fat["r2_star_iron"])
    return float(_SCALE * (np.log(made["gre"] / fat["gre"]) + decay))


def _shown(lump: Lump) -> float:
    """How much of its deposit a node shows: nothing under 2 mm, all from 5 mm."""
    width = 2 * float(lump.deposit.radii[:2].mean()) if lump.deposit else 0.0
    return float(np.clip((width - 2) / 3, 0, 1))


def _pattern(lump: Lump) -> str:
    if lump.tissue == "metastatic" or lump.values["uptake"] < 25:
        return PATTERNS[4]
    if lump.deposit and _shown(lump):
        central = np.linalg.norm((lump.deposit.centre - lump.shape.centre) / lump.shape.radii) < 0.2
        return PATTERNS[3 if central else 2]
    return PATTERNS[1 if lump.hilus else 0]
