"""Sizes of comparisons: of two AUCs, and of tests by several readers, without or with a pilot."""

from dataclasses import dataclass
from math import ceil

from nodewise.errors import StatsError
from nodewise.stats import (
    ReaderSpread,
    area_variance,
    auc_covariance,
    even_binormal,
    expected_areas,
    expected_components,
    pilot_areas,
    reader_study_power,
    readers_cases,
    sd_of_range,
    two_areas_power,
    two_areas_units,
)
from nodewise.steps.statistics.answer import Answer, Part
from nodewise.steps.statistics.columns import Columns
from nodewise.steps.statistics.compare import Tests
from nodewise.steps.statistics.reference import Reference
from nodewise.steps.statistics.size import Clustering, Errors

_READINGS = 2  # of one reader, whose accuracies a range within readers is of


def for_two_aucs(
    areas: tuple[float, float],
    alike: tuple[float, float],
    *,
    controls_per_case: float,
    clustering: Clustering,
    errors: Errors,
) -> Answer:
    """Patients to show that two AUCs of the same units differ.

    Args:
        areas: expected.
        alike: correlation of the two scores among positive and among negative units.
        controls_per_case: negative units for each positive one.
        clustering: how units come in patients.
        errors: power and level.
    """
    curves = even_binormal(areas[0]), even_binormal(areas[1])
    expected = expected_areas(*curves, alike=alike, controls_per_case=controls_per_case)
    positive = two_areas_units(expected, power=errors.power, level=errors.level)
    told: dict[str, float] = {
        "independent positive units": ceil(positive),
        "independent negative units": ceil(positive * controls_per_case),
    }
    told |= clustering.needed(positive * (1 + controls_per_case), "units that count")
    asked = (
        f"AUCs of {areas[0]:g} and {areas[1]:g} of the same units, whose scores correlate by "
        f"{alike[0]:g} (positive) and {alike[1]:g} (negative), with a power of {errors.power:g}"
    )
    return Answer(question=asked, parts=(Part(title="Needed", counts=told),))


def for_pilot_aucs(
    columns: Columns, tests: Tests, reference: Reference, *, errors: Errors
) -> Answer:
    """Patients like those of a pilot to show that its two AUCs differ.

    Args:
        columns: the pilot's table.
        tests: two scores with their directions.
        reference: truth and patients.
        errors: power and level.
    """
    if len(tests.names) != 2:
        raise StatsError(f"two scores are compared; {len(tests.names)} were named with --test")
    used = columns.complete([*tests.names, *reference.columns])
    units = reference.of(used)
    areas = auc_covariance(
        [used.numbers(name) for name in tests.names],
        units.truth,
        units.patient,
        direction=tests.directions(),
    )
    pilot = pilot_areas(areas, areas.clusters)
    here = two_areas_power(pilot, units=areas.clusters, level=errors.level)
    told: dict[str, float] = {
        f"AUC of {name}": float(value)
        for name, value in zip(tests.names, areas.values, strict=True)
    }
    told |= {
        "patients of the pilot": areas.clusters,
        "power with as many": here,
        "patients": ceil(two_areas_units(pilot, power=errors.power, level=errors.level) - 1e-9),
    }
    asked = (
        f"AUC of {tests.names[0]} against {tests.names[1]} with a power of {errors.power:g}, in "
        "patients like those of the pilot"
    )
    remark = "The pilot's own difference is taken for true: half of it needs four times as many."
    part = Part(title="Needed", counts=told, remarks=(remark,))
    return Answer(question=asked, columns=used, parts=(part,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedReaders:
    """What is assumed of a reader study.

    Args:
        accuracy: auc, sensitivity or specificity.
        expected: its mean over readers.
        difference: of two tests, to be shown.
        readers: numbers of readers to try.
        between: range of the readers' accuracies.
        within: range of one reader's accuracies in two readings.
        across_tests: correlation of a reader's true accuracies with two tests.
        correlations: of accuracies over patients: one reader's two tests, two readers' one test,
            two readers' two tests.
        controls_per_case: negative units for each positive one, for an AUC.
    """

    accuracy: str
    expected: float
    difference: float
    readers: tuple[int, ...]
    between: float
    within: float
    across_tests: float = 0.8
    correlations: tuple[float, float, float] = (0.47, 0.3, 0.3)
    controls_per_case: float = 1.0


def for_expected_readers(
    planned: ExpectedReaders, *, clustering: Clustering, errors: Errors
) -> Answer:
    """Patients of a study with random readers and patients, from assumptions alone."""
    accuracy = "AUC" if planned.accuracy == "auc" else planned.accuracy
    asked = (
        f"A difference of {planned.difference:g} between two tests' mean {accuracy} of about "
        f"{planned.expected:g}, random readers and patients, with a power of {errors.power:g}"
    )
    assumed = Part(
        title="Assumed",
        counts={
            "best reader minus worst": planned.between,
            "one reader's two readings apart by": planned.within,
            "correlation of a reader's true accuracies with the tests": planned.across_tests,
            "correlation over patients of one reader's two tests": planned.correlations[0],
            "of two readers' one test": planned.correlations[1],
            "of two readers' two tests": planned.correlations[2],
        },
    )
    each = [_with(many, planned, clustering, errors) for many in planned.readers]
    return Answer(question=asked, parts=(assumed, *each))


def _with(many: int, planned: ExpectedReaders, clustering: Clustering, errors: Errors) -> Part:
    """What so many readers need; where they cannot show the difference, a sentence."""
    title = f"{many} readers"
    spread = ReaderSpread(
        between=sd_of_range(planned.between, many),
        within=sd_of_range(planned.within, _READINGS),
        across_tests=planned.across_tests,
    )
    one = expected_components(_unit(planned), readers=spread, correlations=planned.correlations)
    try:
        cases = readers_cases(
            one, planned.difference, readers=many, pilot_cases=1, power=errors.power,
            level=errors.level,
        )  # fmt: skip
    except StatsError as error:
        return Part(title=title, remarks=(f"not estimable: {error}",))
    every = cases * (1 + planned.controls_per_case) if planned.accuracy == "auc" else cases
    told = clustering.needed(every, "units that count")
    told["power"] = reader_study_power(
        one, planned.difference, readers=many, case_ratio=cases, level=errors.level
    )
    told |= {"SD between readers": spread.between, "SD within a reader": spread.within}
    return Part(title=title, counts=told)


def _unit(planned: ExpectedReaders) -> float:
    """Variance of an accuracy that rests on one unit."""
    share = planned.expected
    if planned.accuracy == "auc":
        return area_variance(share, controls_per_case=planned.controls_per_case)
    return share * (1 - share)
