"""How many patients a study needs, and what a study of a given size can show."""

from dataclasses import dataclass
from math import ceil

from nodewise.errors import StatsError
from nodewise.stats import (
    auc_cases,
    auc_power,
    design_effect,
    hanley_mcneil_error,
    obuchowski_rockette,
    pairs_for_difference,
    pairs_for_noninferiority,
    patients_for_units,
    reader_study_power,
    readers_cases,
    units_for_precision,
)
from nodewise.steps.statistics.answer import Answer, Part
from nodewise.steps.statistics.columns import Columns
from nodewise.steps.statistics.compare import Tests
from nodewise.steps.statistics.readers import Readers, figures_of, readings
from nodewise.steps.statistics.reference import Reference

_ROUNDING = 1e-9  # a number that is whole but for rounding is not rounded up


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """How nodes come in patients.

    Args:
        units: nodes of a patient, on average.
        share: of the nodes that count: the metastatic ones for a sensitivity, fraction.
        icc: intraclass correlation of what is measured, within patients.
        size_cv: coefficient of variation of the number of nodes.
    """

    units: float = 1.0
    share: float = 1.0
    icc: float = 0.0
    size_cv: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 < self.share <= 1:
            raise StatsError(f"the share of units that count lies from 0 to 1, not {self.share:g}")

    @property
    def counting(self) -> float:
        """Units of a patient that count, on average."""
        return self.units * self.share

    @property
    def effect(self) -> float:
        """Design effect; patients with less than one such unit on average hardly share any."""
        one_or_more = max(self.counting, 1.0)
        return design_effect(icc=self.icc, units_per_patient=one_or_more, size_cv=self.size_cv)

    def needed(self, independent: float, what: str) -> dict[str, float]:
        """Patients for so many independent units."""
        patients = patients_for_units(
            independent, effect=self.effect, units_per_patient=self.counting
        )
        return {
            f"independent {what}": ceil(independent - _ROUNDING),
            "design effect": self.effect,
            what: ceil(independent * self.effect - _ROUNDING),
            "patients": patients,
        }


def for_precision(
    expected: float, half_width: float, *, clustering: Clustering, level: float
) -> Answer:
    """Patients for a sensitivity or specificity with an interval of a given half-width.

    Args:
        expected: sensitivity or specificity, fraction.
        half_width: of its interval, fraction.
        clustering: how units come in patients.
        level: of the interval, fraction.
    """
    units = units_for_precision(expected, half_width, level=level)
    asked = f"A proportion of {expected:g} known to within {half_width:g} ({100 * level:g} %)"
    part = Part(title="Needed", counts=clustering.needed(units, "units that count"))
    return Answer(question=asked, parts=(part,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How sure a test shall be.

    Args:
        power: chance to show what is there, fraction.
        level: 1 - two-sided significance, fraction.
    """

    power: float = 0.8
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 < self.power < 1 or not 0 < self.level < 1:
            raise StatsError("power and level lie between 0 and 1")


def for_difference(
    difference: float, discordant: float, *, clustering: Clustering, errors: Errors
) -> Answer:
    """Patients for two tests of the same units that differ in sensitivity or specificity."""
    pairs = pairs_for_difference(difference, discordant, power=errors.power, level=errors.level)
    asked = (
        f"A difference of {difference:g} between two tests of the same units that disagree on "
        f"{discordant:g} of them, with a power of {errors.power:g}"
    )
    part = Part(title="Needed", counts=clustering.needed(pairs, "units that count"))
    return Answer(question=asked, parts=(part,))


def for_noninferiority(
    margin: float, discordant: float, *, clustering: Clustering, errors: Errors
) -> Answer:
    """Patients to show that one test is not worse than another by a margin."""
    pairs = pairs_for_noninferiority(margin, discordant, power=errors.power, level=errors.level)
    asked = (
        f"Not worse by {margin:g}: two tests of the same units that disagree on {discordant:g} "
        f"of them and are alike in truth, with a power of {errors.power:g}"
    )
    part = Part(title="Needed", counts=clustering.needed(pairs, "units that count"))
    return Answer(question=asked, parts=(part,))


def for_auc(
    area: float, controls_per_case: float, *, clustering: Clustering, errors: Errors
) -> Answer:
    """Patients to show that an AUC is above chance, and the error to expect of it."""
    if not controls_per_case > 0:
        raise StatsError(
            f"negative units for a positive one are above 0, not {controls_per_case:g}"
        )
    cases = auc_cases(
        area, controls_per_case=controls_per_case, power=errors.power, level=errors.level
    )
    every = cases * (1 + controls_per_case)
    told = clustering.needed(every, "units that count")
    positive = ceil(cases - _ROUNDING)
    negative = ceil(cases * controls_per_case - _ROUNDING)
    error = hanley_mcneil_error(area, positives=positive, negatives=negative)
    told |= {"positive": positive, "negative": negative, "standard error of the AUC": error}
    asked = f"An AUC of {area:g} above chance, with a power of {errors.power:g}"
    return Answer(question=asked, parts=(Part(title="Needed", counts=told),))


def power_of_auc(area: float, *, positives: int, negatives: int, level: float) -> Answer:
    """Power and standard error of an AUC from so many independent units."""
    told = {
        "power against chance": auc_power(area, cases=positives, controls=negatives, level=level),
        "standard error of the AUC": hanley_mcneil_error(
            area, positives=positives, negatives=negatives
        ),
    }
    asked = f"An AUC of {area:g} from {positives} positive and {negatives} negative units"
    return Answer(question=asked, parts=(Part(title="To expect", counts=told),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A reader study to be planned from a pilot.

    Args:
        difference: of two tests' accuracies.
        readers: numbers of readers to try.
        patients: in the planned study; None: as many as the power needs.
        power: chance to show the difference, fraction.
    """

    difference: float
    readers: tuple[int, ...]
    patients: int | None = None
    power: float = 0.8


def for_readers(
    columns: Columns, tests: Tests, reference: Reference, *, readers: Readers, planned: Planned
) -> Answer:
    """Patients, or power, of a study with random readers and patients, from a pilot's readings."""
    pilot = readings(columns, tests, reference, readers=readers)
    count = pilot.study.clusters.count
    parts = []
    for figures in figures_of(pilot, tests, jackknife=readers.jackknife):
        found = obuchowski_rockette(figures).components
        told: dict[str, float] = {}
        for many in planned.readers:
            if planned.patients is None:
                told[f"patients with {many} readers"] = readers_cases(
                    found, planned.difference, readers=many, pilot_cases=count, power=planned.power
                )
            else:
                told[f"power with {many} readers"] = reader_study_power(
                    found, planned.difference, readers=many, case_ratio=planned.patients / count
                )
        parts.append(Part(title=f"{figures.name}, random readers and patients", counts=told))
    size = f"{planned.patients} patients" if planned.patients else f"a power of {planned.power:g}"
    asked = (
        f"A difference of {planned.difference:g} between two tests with {size}, from a pilot of "
        f"{len(pilot.readers)} readers and {count} patients"
    )
    return Answer(question=asked, columns=pilot.columns, parts=tuple(parts))
