"""People of the mpMRI study: who comes, with which lesion and nodes, what is removed, when."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate import pet
from nodewise.simulate.nodes import Neck, places
from nodewise.simulate.people import (
    SITES,
    Person,
    Visit,
    clinical_n,
    either,
    other,
    staging,
    tiny,
)  # fmt: skip
from nodewise.simulate.specimens import Dissection, Row

FIRST_SURGERY = date(2021, 3, 1)
PAROTID = (57.0, 2.0, 103.0)
NODE_NEGATIVE = 0.25  # share of the affected without metastasis: assumed
CONTRALATERAL = 0.2  # share of metastases on the other side: assumed
ARRIVAL = (24.0, 31.0)  # s from the first dynamic frame to contrast in the neck: assumed
FOLLOW_UP = {"month 3": (91, 0.35), "month 6": (183, 0.25)}  # days, and who comes: assumed

# What happens to whom, by number: the same in every cohort that reaches the number.
NO_PET_CT, PET_CT_UNKNOWN, TRANSFORMED = (8,), (6,), (7,)
NO_MRI, LATE_SURGERY, HISTOLOGY_UNKNOWN = (11,), (9, 20), (10,)
SURELY_FOLLOWED = (4,)
WHOLE_LEVELS_EVERY = 6  # one pathologist in six reports II, not IIA and IIB
ARMS = ("affected", "control", "affected", "affected", "control")
TOLD = """(house units: mm²/s, 1/s, s, fractions, mm, mm³); adc is the least-squares
mono-exponential ADC over the b-values of the trial's ADC map; necrotic_core is the
share of the volume that is a fluid core, to which the tissue values do not apply;
suv is the uptake of FDG by body weight, g/mL, of the affected alone;
arrival is when contrast reaches the neck, s after the first dynamic frame;
follow-up visits list what surgery left"""


def person(number: int, sequences: tuple[str, ...], rng: np.random.Generator) -> Person:
    """Participant of this number; the rng must be this participant's own.

    Args:
        number: from 1.
        sequences: of the trial file, all imaged at the first visit.
        rng: source of everything that the number does not settle.
    """
    arm = ARMS[(number - 1) % len(ARMS)]
    side = either(rng)
    surgery = FIRST_SURGERY + timedelta(days=int(rng.integers(0, 900)))
    facts = _facts(arm, rng) | _mishaps(number)
    neck = Neck(rng)
    make = _affected if arm == "affected" else _control
    dissection = make(neck, facts, side, whole_levels=number % WHOLE_LEVELS_EVERY == 0)
    radiotherapy = int(rng.integers(45, 75)) if arm == "affected" and rng.random() < 0.5 else 0
    if arm == "affected":
        site, found = str(facts["primary_site"]), rng.spawn(1)[0]
        facts |= staging(site, side, surgery - timedelta(days=30), found)
        facts["clinical_n"] = clinical_n(neck.lumps, side)
    facts["surgery_date"] = surgery
    facts["treatment_end_date"] = surgery + timedelta(days=radiotherapy)
    before = 55 if number in LATE_SURGERY else int(rng.integers(3, 41))
    if arm == "affected":
        neck.lumps = pet.taking_up(neck.lumps, rng.spawn(1)[0])
    imaged = tuple(kind for kind in sequences if kind != "pet" or facts["preoperative_pet_ct"])
    first = Visit(
        name="pre-treatment", day=surgery - timedelta(days=before), sequences=imaged,
        after_surgery=False,
    )  # fmt: skip
    visits = (first, *_later(number, facts, sequences, rng))
    if number in NO_MRI:
        visits, neck.lumps = (), [replace(lump, seen=False) for lump in neck.lumps]
    return Person(
        number=number,
        arrival=float(rng.uniform(*ARRIVAL)),
        sex=str(facts["sex"]), facts=facts, visits=visits, lumps=neck.named(),
        born=surgery - timedelta(days=int(365.25 * facts["age"] + rng.integers(50, 300))),
        dissection=dissection, surgery=surgery,
    )  # fmt: skip


def _facts(arm: str, rng: np.random.Generator) -> Row:
    affected = arm == "affected"
    parotid = rng.choice(["Warthin tumour", "pleomorphic adenoma"])
    site = rng.choice(list(SITES), p=[0.35, 0.35, 0.1, 0.2])
    return {
        "arm": arm,
        "sex": str(rng.choice(["female", "male"], p=[0.3, 0.7] if affected else [0.5, 0.5])),
        "age": float(round(np.clip(rng.normal(63 if affected else 55, 10), 24, 88))),
        "primary_site": str(site) if affected else "parotid",
        "histology": "squamous cell carcinoma" if affected else None,
        "parotid_histology": None if affected else str(parotid),
        "malignant_transformation": None if affected else False,
        "preoperative_mri": True,
        "preoperative_pet_ct": True if affected else None,
        "node_histology": True,
    }


def _mishaps(number: int) -> Row:
    facts: Row = {}
    for numbers, name, value in (
        (NO_PET_CT, "preoperative_pet_ct", False),
        (PET_CT_UNKNOWN, "preoperative_pet_ct", None),
        (TRANSFORMED, "malignant_transformation", True),
        (NO_MRI, "preoperative_mri", False),
        (HISTOLOGY_UNKNOWN, "node_histology", None),
    ):
        if number in numbers:
            facts[name] = value
    return facts


def _affected(neck: Neck, facts: Row, side: Side, *, whole_levels: bool) -> Dissection:
    rng, away = neck.rng, other(side)
    at, levels = SITES[str(facts["primary_site"])]
    neck.lesion("squamous cell carcinoma", RegionKind.PRIMARY_TUMOUR, side=side, at=at)
    metastases = 0 if rng.random() < NODE_NEGATIVE else 1 + int(rng.poisson(3))
    for _ in range(metastases):
        neck.node("metastatic", side=away if rng.random() < CONTRALATERAL else side)
    for _ in range(int(rng.integers(9, 15))):
        neck.node("benign", side=side if rng.random() < 0.5 else away)
    both = rng.random() < 0.4
    dissected = [(side, level) for level in (places() if metastases > 2 else levels)]
    dissected += [(away, level) for level in ("IIA", "IIB", "III", "IV") if both]
    tiny(neck, dissected, metastatic=0.05 if metastases else 0.015)
    return Dissection(tuple(dissected), whole_levels)


def _control(neck: Neck, facts: Row, side: Side, *, whole_levels: bool) -> Dissection:
    rng = neck.rng
    neck.lesion(str(facts["parotid_histology"]), RegionKind.PAROTID_LESION, side=side, at=PAROTID)
    for _ in range(2):  # the nodes that the protocol wants removed
        neck.node("benign", side=side, level="IIA")
    for _ in range(int(rng.integers(9, 15))):
        neck.node("benign", side=side if rng.random() < 0.5 else other(side))
    dissected = [
        (side, level) for level in ("IIA", "IIB", "IB") if level == "IIA" or rng.random() < 0.5
    ]
    tiny(neck, dissected, metastatic=0)
    return Dissection(tuple(dissected), whole_levels)


def _later(
    number: int, facts: Row, sequences: tuple[str, ...], rng: np.random.Generator
) -> list[Visit]:
    visits = []
    for name, (days, share) in FOLLOW_UP.items():
        delay, comes = days + int(rng.integers(-20, 30)), rng.random() < share
        wanted = facts["arm"] == "affected" and comes
        if wanted or (number in SURELY_FOLLOWED and name == "month 3"):
            visits.append(
                Visit(
                    name=name, day=facts["treatment_end_date"] + timedelta(days=delay),
                    sequences=tuple(kind for kind in sequences if kind in ("dwi", "t2w")),
                    after_surgery=True,
                )
            )  # fmt: skip
    return visits
