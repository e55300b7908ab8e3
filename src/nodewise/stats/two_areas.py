"""How many units show a difference of two AUCs of the same units."""

from dataclasses import dataclass
from math import copysign, inf, sqrt

from scipy.special import ndtr, ndtri, owens_t

from nodewise.errors import StatsError
from nodewise.stats.auc import Areas
from nodewise.stats.binormal import Binormal
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.inputs import known_level

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoAreas:
    """Two AUCs to be compared, and what one unit (a positive one, a patient) tells of them.

    Args:
        difference: first minus second.
        first: variance of the first, times the units.
        second: variance of the second, times the units.
        both: their covariance, times the units.
    """

    difference: float
    first: float
    second: float
    both: float

    @property
    def variance(self) -> float:
        """Of the difference, times the units."""
        return self.first + self.second - 2 * self.both

    @property
    def variance_if_alike(self) -> float:
        """Of the difference if both were the first, times the units."""
        return 2 * (self.first - self.both)


def expected_areas(
    first: Binormal, second: Binormal, *, alike: tuple[float, float], controls_per_case: float
) -> TwoAreas:
    """Two AUCs from what is expected of their curves, for each positive unit.

    Variances and covariance are those of empirical areas of normal scores, in closed form: what
    the study will analyse, not what a binormal fit would give.

    Args:
        first: its curve; even_binormal gives one from an AUC alone.
        second: the other.
        alike: correlation of the two scores among positive and among negative units.
        controls_per_case: negative units for each positive one.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595 (components of the covariance),
        whose expectations for normal scores are bivariate normal probabilities.
    """
    if not all(-1 < each < 1 for each in alike) or not controls_per_case > 0:
        raise StatsError(
            "correlations between -1 and 1 and negative units for each positive one are needed, "
            f"not {alike[0]:g}, {alike[1]:g} and {controls_per_case:g}"
        )
    own = (1.0, 1.0)
    return TwoAreas(
        difference=first.area - second.area,
        first=_covariance(first, first, own, controls_per_case),
        second=_covariance(second, second, own, controls_per_case),
        both=_covariance(first, second, alike, controls_per_case),
    )


def even_binormal(area: float) -> Binormal:
    """The curve of two normal distributions of one spread with this AUC.

    >>> round(even_binormal(0.8).area, 12)
    0.8
    """
    if not 0 < area < 1:
        raise StatsError(f"an expected AUC lies between 0 and 1; {area:g} was given")
    return Binormal(a=sqrt(2) * float(ndtri(area)), b=1.0)


def pilot_areas(areas: Areas, units: int) -> TwoAreas:
    """Two AUCs from a pilot, for each of its units.

    Args:
        areas: of two scores, from auc_covariance.
        units: of the pilot: its patients or, where each is alone, its positive units.
    """
    if len(areas.values) != 2 or areas.fewest < 2:
        raise StatsError("a pilot has two scores, and both classes in 2 patients or more")
    (first, both), (_, second) = (areas.covariance * units).tolist()
    gap = float(areas.values[0] - areas.values[1])
    return TwoAreas(difference=gap, first=first, second=second, both=both)


def two_areas_units(expected: TwoAreas, *, power: float = 0.8, level: float = 0.95) -> float:
    """Units to show that two AUCs differ.

    Args:
        expected: from expected_areas (positive units) or pilot_areas (units of the pilot).
        power: chance to show it, fraction.
        level: 1 - two-sided significance, fraction.

    Source:
        Obuchowski & McClish, Stat Med 1997;16:1529, doi:10.1002/(SICI)1097-0258(19970715)16:13
        <1529::AID-SIM565>3.0.CO;2-H; as pROC has it.
    """
    alike, apart = _spreads(expected)
    total = normal_quantile(known_level(level)) * alike + float(ndtri(power)) * apart
    return (total / expected.difference) ** 2


def two_areas_power(expected: TwoAreas, *, units: float, level: float = 0.95) -> float:
    """Chance of so many units to show that two AUCs differ.

    Args:
        expected: from expected_areas or pilot_areas.
        units: positive units, or units as the pilot counted them.
        level: 1 - two-sided significance, fraction.

    Source:
        Obuchowski & McClish, Stat Med 1997;16:1529; as pROC has it.
    """
    alike, apart = _spreads(expected)
    reached = sqrt(units) * abs(expected.difference) - normal_quantile(known_level(level)) * alike
    return float(ndtr(reached / apart))


def _spreads(expected: TwoAreas) -> tuple[float, float]:
    """Standard deviations of the difference if the AUCs are alike, and as they are expected."""
    if expected.difference == 0:
        raise StatsError("two AUCs that are alike cannot be shown to differ")
    if not (expected.variance > 0 and expected.variance_if_alike > 0):
        raise StatsError("the two scores show no variance of their difference: they rank alike")
    return sqrt(expected.variance_if_alike), sqrt(expected.variance)


def _covariance(one: Binormal, two: Binormal, alike: tuple[float, float], ratio: float) -> float:
    """Covariance of two empirical areas times the positive units."""
    own, own_too = sqrt(1 + one.b**2), sqrt(1 + two.b**2)
    places = one.a / own, two.a / own_too
    shared = alike[0] / (own * own_too), alike[1] * one.b * two.b / (own * own_too)
    parts = [both_below(*places, correlation=each) for each in shared]
    product = one.area * two.area
    return parts[0] - product + (parts[1] - product) / ratio


def both_below(first: float, second: float, *, correlation: float) -> float:
    """Chance that two standard normal numbers with a correlation both lie below these places.

    Source:
        Owen, Ann Math Stat 1956;27:1075, doi:10.1214/aoms/1177728074.

    >>> round(both_below(0.0, 0.0, correlation=0.5), 6)
    0.333333
    """
    rest = sqrt(1 - correlation**2)
    h, k = (0.0 if abs(place) < _ROUNDING else place for place in (first, second))
    value = 0.0
    for own, other in ((h, k), (k, h)):
        if own:
            slope = (other - correlation * own) / (own * rest)
        else:
            slope = copysign(inf, other) if other else (1 - correlation) / rest
        value += float(ndtr(own)) / 2 - float(owens_t(own, slope))
    opposed = h * k < 0 or (h * k == 0 and h + k < 0)
    return value - (0.5 if opposed else 0.0)
