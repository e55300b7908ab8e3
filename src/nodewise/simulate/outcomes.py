"""What becomes of the mpMRI study's patients: relapse and death, reports, bone.

Events come at constant rates, which a low ADC, extranodal extension and many metastases raise by
factors that are known. All figures here are assumed; none is a published prognosis. Follow-up is
given as a radiologist's reports, not as images: few follow-up series are simulated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log

import numpy as np

from nodewise.anatomy import RegionKind
from nodewise.simulate.nodes import Lump
from nodewise.simulate.people import Person
from nodewise.simulate.specimens import Row

YEAR = 365.25
RELAPSE, DISTANT, OTHER_DEATH, DEATH_AFTER = 0.16, 0.05, 0.03, 0.5  # per year, at a hazard ratio 1
LOWER_ADC, EXTENSION, MANY = 1.25, 1.8, 1.4  # hazard ratios: by 0.1e-3 mm²/s less, ENE, 3 nodes
USUAL_ADC = 0.95e-3  # at which the rates above hold, mm²/s
IN_FIELD = 0.85  # share of relapses in the irradiated or operated field
LOST = 0.04  # per year
CLOSING = date(2026, 6, 1)  # day until which anybody is followed

MONTHS = {3: 0.8, 6: 0.6, 12: 0.7, 24: 0.6, 36: 0.5, 48: 0.4, 60: 0.3}  # who has an MRI then
SHOWN = 120  # days before a relapse from which imaging begins to show it
CATEGORIES = ("1", "2", "3", "N-x")
CLEAR, SUSPECT = (0.82, 0.14, 0.03, 0.01), (0.25, 0.4, 0.34, 0.01)
TARGET = 15.0  # mm of short axis from which a node is a target

REMOVED = {"oral cavity": 0.7, "oropharynx": 0.25}  # share of mandibles taken out, by site
EXAMINED = 0.95  # share of them that the pathologist looked at
INVADED = {"T4a": 0.7, "T3": 0.3}  # share by T category; 0.1 otherwise
READ = {"MR": (0.92, 0.85), "CT": (0.8, 0.92)}  # sensitivity and specificity for invasion

NO_LAST_CONTACT, BEFORE_SURGERY = 13, 16
"""Numbers of the participants whose outcomes are wrong on purpose."""
SHEETS = ("outcomes", "imaging_reports", "bone_findings", "bone_specimens")
TRUTH = "courses"
"""Rows of the hidden truth."""
TOLD = f"""courses.csv     one row per affected participant: log hazard ratio of relapse and of
                distant metastasis, what makes it (log {LOWER_ADC:g} by 0.1e-3 mm²/s that the lowest
                ADC of the drawn nodes lies under {1e3 * USUAL_ADC:g}e-3, log {EXTENSION:g} with
                extranodal extension, log {MANY:g} with 3 metastases or more), and the days from the
                end of treatment to relapse, distant metastasis and death, had nobody stopped
                following; last is the day on which somebody did
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What would happen to a patient who is followed for ever; days after treatment.

    Args:
        relapse: local or regional; None if something else came first.
        distant: distant metastasis; None if something else came first.
        death: whatever its cause.
    """

    relapse: int | None
    distant: int | None
    death: int


def log_hazard(adc: float, *, extension: bool, metastases: int) -> float:
    """Log hazard ratio of relapse and distant metastasis against a patient of USUAL_ADC.

    Args:
        adc: lowest of the neck's drawn nodes, mm²/s.
        extension: extranodal, in any specimen node.
        metastases: nodes.
    """
    found = (USUAL_ADC - adc) / 0.1e-3 * log(LOWER_ADC)
    return found + log(EXTENSION) * extension + log(MANY) * (metastases >= 3)


def course(log_ratio: float, rng: np.random.Generator, *, alive: int = 0) -> Course:
    """Draw a course: the first of relapse, metastasis and other death, then death.

    Args:
        log_ratio: log hazard ratio of relapse and of distant metastasis.
        rng: source of random numbers.
        alive: day until which nobody dies, because images of the day are there.
    """
    rates = np.array([RELAPSE * exp(log_ratio), DISTANT * exp(log_ratio), OTHER_DEATH])
    relapse, distant, other = (1 + (YEAR * rng.exponential(1 / rates)).astype(int)).tolist()
    after = 1 + int(YEAR * rng.exponential(1 / DEATH_AFTER))
    first = min(relapse, distant, other)
    death = max(other if first == other else min(other, first + after), alive + 1)
    return Course(
        relapse=relapse if first == relapse else None,
        distant=distant if first == distant else None,
        death=death,
    )


def rows(
    person: Person, specimens: Sequence[Row], rng: np.random.Generator
) -> dict[str, list[Row]]:
    """Rows of the outcomes' sheets and of the hidden truth for one participant.

    Args:
        person: of any arm; outcomes are those of the affected.
        specimens: what the pathologist found, as it truly is.
        rng: the participant's own, for outcomes alone.
    """
    if person.facts["arm"] != "affected":
        return {}
    ended: date = person.facts["treatment_end_date"]
    seen = [lump for lump in person.lumps if lump.kind is RegionKind.NODE]
    seen = [lump for lump in seen if lump.seen] or seen
    facts = {
        "lowest_adc": min(lump.values["adc"] for lump in seen),
        "extension": any((row["pene_mm"] or 0) > 0 for row in specimens),
        "metastases": sum(row["metastatic"] for row in specimens),
    }
    ratio = log_hazard(
        facts["lowest_adc"], extension=facts["extension"], metastases=facts["metastases"]
    )
    imaged = {visit.name: visit.day for visit in person.visits}
    alive = max([(day - ended).days for day in imaged.values()], default=0)
    fate = course(ratio, rng, alive=max(alive, 0))
    lost = max(1 + int(YEAR * rng.exponential(1 / LOST)), alive + 1)
    last = min(fate.death, lost, (CLOSING - ended).days)
    bone = _bone(person, rng)
    made = {
        "outcomes": _events(person, fate, ended, last=last, in_field=rng.random() < IN_FIELD),
        "imaging_reports": _reports(person, fate, imaged, last=last, rng=rng),
        **bone,
    }
    whose = {"patient_id": person.patient_id}
    hidden = {"log_hazard": ratio, "relapse": fate.relapse, "distant": fate.distant}
    made |= {TRUTH: [hidden | facts | {"death": fate.death, "last": last}]}
    return {name: [whose | row for row in each] for name, each in made.items()}


def _events(person: Person, fate: Course, ended: date, *, last: int, in_field: bool) -> list[Row]:
    """What is known by the last day; one patient's last contact is missing, one's day is wrong."""
    level = "regional relapse" if person.number % 2 else "local relapse"
    happened: list[tuple[str, int | None, Row]] = [
        (level, fate.relapse, {"in_field": in_field, "basis": "pathology"}),
        ("distant metastasis", fate.distant, {"basis": "imaging"}),
        ("death", fate.death, {"basis": "register"}),
    ]
    found = [
        {"event": event, "date": ended + timedelta(days=day)} | more
        for event, day, more in happened
        if day is not None and day <= last
    ]
    if person.number == BEFORE_SURGERY:
        wrong = person.surgery - timedelta(days=12)
        found = [row for row in found if row["event"] == "death"]
        found.insert(0, {"event": level, "date": wrong, "in_field": True, "basis": "imaging"})
    if person.number == NO_LAST_CONTACT:
        return [row for row in found if row["event"] != "death"]
    return (
        found
        if fate.death <= last
        else [*found, {"event": "last contact", "date": ended + timedelta(days=last)}]
    )


def _reports(
    person: Person, fate: Course, imaged: dict[str, date], *, last: int, rng: np.random.Generator
) -> list[Row]:
    """The baseline's sums, and a report of every visit that the patient came to."""
    ended: date = person.facts["treatment_end_date"]
    left = [lump for lump in person.lumps if lump.level and lump.seen and lump.metastatic]
    left = [lump for lump in left if not person.dissection.took(lump)]
    found = [_report(day, left, 1.0) for name, day in imaged.items() if name == "pre-treatment"]
    shrinks = float(rng.uniform(0.3, 0.7) if fate.relapse is None else rng.uniform(0.7, 1.3))
    for month, share in MONTHS.items():
        day = round(month * YEAR / 12) + int(rng.integers(-15, 25))
        comes, category = rng.random() < share, _category(fate, day, rng)
        planned = imaged.get(f"month {month}")
        if planned is not None or (comes and day < last):
            when = planned or ended + timedelta(days=day)
            relapsed = fate.relapse is not None and (when - ended).days >= fate.relapse
            told = {"ni_rads_neck": "4" if relapsed else category, "new_lesion": relapsed}
            found.append(_report(when, left, shrinks) | told | {"other_disease": False})
    return found


def _report(day: date, left: Sequence[Lump], size: float) -> Row:
    """Sums of the nodes that surgery left, each of this size against the baseline's."""
    axes = sorted((round(size * lump.short_axis, 1) for lump in left), reverse=True)
    targets = [axis for axis in axes if axis >= TARGET * size][:2]
    return {
        "date": day,
        "modality": "MR",
        "target_sum_mm": round(sum(targets), 1) if targets else None,
        "largest_node_mm": axes[0] if axes else None,
    }


def _category(fate: Course, day: int, rng: np.random.Generator) -> str:
    shows = fate.relapse is not None and day >= fate.relapse - SHOWN
    return str(rng.choice(CATEGORIES, p=SUSPECT if shows else CLEAR))


def _bone(person: Person, rng: np.random.Generator) -> dict[str, list[Row]]:
    """The mandible of a tumour of the oral cavity on imaging and, where it was removed, after."""
    t = str(person.facts["clinical_t"])
    site = str(person.facts["primary_site"])
    invaded, removed = rng.random() < INVADED.get(t, 0.1), rng.random() < REMOVED.get(site, 0.0)
    draws, examined, depth = rng.random(len(READ)), rng.random() < EXAMINED, rng.uniform(1, 12)
    if site not in REMOVED or not person.visits:
        return {}
    place = {"bone": "mandible", "side": person.facts["primary_side"]}
    findings = [
        place
        | {"date": person.visits[0].day, "modality": modality}
        | {"invaded": bool(draw < hit if invaded else draw >= clear)}
        for draw, (modality, (hit, clear)) in zip(draws, READ.items(), strict=True)
    ]
    told = {"invaded": bool(invaded), "depth_mm": round(float(depth), 1) if invaded else None}
    specimen = place | (told if examined else {"invaded": None})
    return {
        "bone_findings": findings,
        "bone_specimens": [specimen] if removed else [],
    }
