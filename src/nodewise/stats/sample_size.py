"""How many patients a study needs, and what a study of a given size can show."""

from math import ceil, exp, sqrt

from scipy.special import fdtri, ncfdtr, ndtr, ndtri

from nodewise.errors import StatsError
from nodewise.stats.bisection import root
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.inputs import known_level
from nodewise.stats.reader_components import Components


def design_effect(*, icc: float, units_per_patient: float, size_cv: float = 0.0) -> float:
    """By how much clustering multiplies the number of units.

    Args:
        icc: intraclass correlation within patients.
        units_per_patient: mean number of units of a patient.
        size_cv: coefficient of variation of that number.

    Source:
        Eldridge et al., Int J Epidemiol 2006;35:1292, doi:10.1093/ije/dyl129.

    >>> round(design_effect(icc=0.15, units_per_patient=10), 2)
    2.35
    """
    if not 0 <= icc <= 1 or units_per_patient < 1:
        raise StatsError(
            f"an ICC from 0 to 1 and 1 unit a patient or more are needed, "
            f"not {icc:g} and {units_per_patient:g}"
        )
    return 1 + ((1 + size_cv**2) * units_per_patient - 1) * icc


def units_for_precision(expected: float, half_width: float, *, level: float = 0.95) -> float:
    """Independent units for an interval of a proportion of a given half-width.

    Args:
        expected: proportion, fraction.
        half_width: of its interval, fraction.
        level: level of the interval, fraction.
    """
    if not 0 < expected < 1 or not 0 < half_width < 1:
        raise StatsError("a proportion and a half-width lie between 0 and 1")
    return normal_quantile(level) ** 2 * expected * (1 - expected) / half_width**2


def subjects_for_sensitivity(
    expected: float, half_width: float, *, prevalence: float, level: float = 0.95
) -> float:
    """Subjects, diseased or not, for a given precision of sensitivity.

    Args:
        expected: sensitivity, fraction.
        half_width: of its interval, fraction.
        prevalence: share of subjects with disease (for specificity: without), fraction.
        level: level of the interval, fraction.

    Source:
        Buderer, Acad Emerg Med 1996;3:895, doi:10.1111/j.1553-2712.1996.tb03538.x.

    >>> round(subjects_for_sensitivity(0.85, 0.05, prevalence=0.2), 3)
    979.572
    """
    if not 0 < prevalence <= 1:
        raise StatsError(f"a prevalence lies between 0 and 1; {prevalence:g} was given")
    return units_for_precision(expected, half_width, level=level) / prevalence


def patients_for_units(units: float, *, effect: float, units_per_patient: float) -> int:
    """Patients who bring so many independent units' worth of information.

    Args:
        units: independent units that are needed.
        effect: from design_effect.
        units_per_patient: mean number of units of a patient.
    """
    return ceil(units * effect / units_per_patient - 1e-9)


def pairs_for_difference(
    difference: float, discordant: float, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Independent units that both tests read, for a difference of sensitivities.

    Args:
        difference: expected, fraction.
        discordant: expected share of units on which the tests disagree, fraction.
        power: chance to show it, fraction.
        level: 1 - two-sided significance, fraction.

    Source:
        Connor, Biometrics 1987;43:207, doi:10.2307/2531961.
    """
    if not 0 < abs(difference) <= discordant <= 1:
        raise StatsError("tests differ on at least as many units as their difference says")
    spread = sqrt(discordant - difference**2)
    total = normal_quantile(level) * sqrt(discordant) + float(ndtri(power)) * spread
    return (total / difference) ** 2


def pairs_for_noninferiority(
    margin: float, discordant: float, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Independent units that both tests read, to show that one is not worse; both alike in truth.

    Args:
        margin: how much worse still counts as no worse, fraction.
        discordant: expected share of units on which the tests disagree, fraction.
        power: chance to show it, fraction.
        level: 1 - two-sided significance; the test is one-sided at half of it, fraction.

    Source:
        Liu et al., Stat Med 2002;21:231, doi:10.1002/sim.1012, Wald test.
    """
    if not 0 < margin < 1 or not 0 < discordant <= 1:
        raise StatsError("a margin and a share of discordant units lie between 0 and 1")
    return (normal_quantile(level) + float(ndtri(power))) ** 2 * discordant / margin**2


def auc_power(area: float, *, cases: float, controls: float, level: float = 0.95) -> float:
    """Chance to show that an AUC differs from 0.5, with independent units.

    Args:
        area: expected AUC.
        cases: positive units.
        controls: negative units.
        level: 1 - two-sided significance, fraction.

    Source:
        Obuchowski & McClish, Stat Med 1997;16:1529, doi:10.1002/(SICI)1097-0258(19970715)16:13
        <1529::AID-SIM565>3.0.CO;2-H (binormal variance).
    """
    _above_chance(area)
    ratio = controls / cases
    under_chance = sqrt(area_variance(0.5, controls_per_case=ratio))
    reached = sqrt(cases) * (area - 0.5) - normal_quantile(level) * under_chance
    return float(ndtr(reached / sqrt(area_variance(area, controls_per_case=ratio))))


def auc_cases(
    area: float, *, controls_per_case: float, power: float = 0.9, level: float = 0.95
) -> float:
    """Positive units to show that an AUC differs from 0.5, with independent units.

    Args:
        area: expected AUC.
        controls_per_case: negative units for each positive one.
        power: fraction.
        level: 1 - two-sided significance, fraction.

    Source:
        Obuchowski & McClish, Stat Med 1997;16:1529 (binormal variance).
    """
    _above_chance(area)
    total = normal_quantile(level) * sqrt(area_variance(0.5, controls_per_case=controls_per_case))
    spread = sqrt(area_variance(area, controls_per_case=controls_per_case))
    total += float(ndtri(power)) * spread
    return (total / (area - 0.5)) ** 2


def hanley_mcneil_error(area: float, *, positives: int, negatives: int) -> float:
    """Standard error to expect of an AUC of independent units, from nothing but their numbers.

    Args:
        area: expected AUC.
        positives: positive units.
        negatives: negative units.

    Source:
        Hanley & McNeil, Radiology 1982;143:29, doi:10.1148/radiology.143.1.7063747.
    """
    if not 0 < area < 1 or positives < 1 or negatives < 1:
        raise StatsError("an AUC between 0 and 1 and units of both kinds are needed")
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (q1 - area**2)
    return sqrt((spread + (negatives - 1) * (q2 - area**2)) / (positives * negatives))


def reader_study_power(
    pilot: Components, difference: float, *, readers: int, case_ratio: float, level: float = 0.95
) -> float:
    """Chance of a study with random readers and patients to show a difference of two tests.

    Args:
        pilot: components of a pilot study, from obuchowski_rockette or expected_components.
        difference: of two tests' accuracies.
        readers: in the planned study.
        case_ratio: patients of the planned study over patients of the pilot.
        level: 1 - two-sided significance, fraction.

    Source:
        Hillis, Obuchowski & Berbaum, Acad Radiol 2011;18:129, doi:10.1016/j.acra.2010.09.007.
    """
    if readers < 2 or case_ratio <= 0:
        raise StatsError("a reader study needs 2 readers or more, and patients")
    shared = max(pilot.same_test - pilot.neither, 0.0) / case_ratio
    own = (pilot.error - pilot.same_reader) / case_ratio
    interaction = max(pilot.test_by_reader, 0.0)
    spread = interaction + own + (readers - 1) * shared
    df = spread**2 / ((interaction + own - shared) ** 2 / (readers - 1))
    noncentrality = readers * difference**2 / 2 / spread
    return float(1 - ncfdtr(1, df, noncentrality, float(fdtri(1, df, known_level(level)))))


def readers_cases(  # noqa: PLR0913  # a plan is as long as that
    pilot: Components,
    difference: float,
    *,
    readers: int,
    pilot_cases: int,
    power: float = 0.8,
    level: float = 0.95,
) -> int:
    """Fewest patients with which so many readers show a difference.

    Args:
        pilot: components of a pilot study.
        difference: of two tests' accuracies.
        readers: in the planned study.
        pilot_cases: patients of the pilot.
        power: chance to show it, fraction.
        level: 1 - two-sided significance, fraction.
    """

    def lacking(cases: float) -> float:
        ratio = cases / pilot_cases
        found = reader_study_power(
            pilot, difference, readers=readers, case_ratio=ratio, level=level
        )
        return found - power

    if lacking(1e7) < 0:
        raise StatsError(f"{readers} readers cannot show this difference with any number of cases")
    return ceil(root(lacking, 4.0, 1e7) - 1e-6)


def area_variance(area: float, *, controls_per_case: float) -> float:
    """Variance of an AUC times its positive units, for binormal scores.

    Args:
        area: expected AUC.
        controls_per_case: negative units for each positive one.

    Source:
        Obuchowski, Invest Radiol 1994;29:238, doi:10.1097/00004424-199402000-00020.
    """
    if not 0 < area < 1 or not controls_per_case > 0:
        raise StatsError("an AUC between 0 and 1 and negative units for positive ones are needed")
    a = float(ndtri(area)) * 1.414
    return 0.0099 * exp(-(a**2) / 2) * ((5 * a**2 + 8) + (a**2 + 8) / controls_per_case)


def _above_chance(area: float) -> None:
    if not 0.5 < area < 1:
        raise StatsError(f"the expected AUC lies between 0.5 and 1; {area:g} was given")
