"""Two tests of the same units: where they disagree, patient by patient (McNemar's family)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Test
from nodewise.stats.inputs import Array, Clusters, Mask, binary, patients, same_length


@dataclass(frozen=True, slots=True)
class Discordance:
    """Agreement and disagreement of two tests in each patient.

    Args:
        both: units that both tests hit, shape (patients,).
        first: units that only the first hits, shape (patients,).
        second: units that only the second hits, shape (patients,).
        neither: units that neither hits, shape (patients,).
    """

    both: Array
    first: Array
    second: Array
    neither: Array

    @property
    def sizes(self) -> Array:
        """Units of each patient, shape (patients,)."""
        return np.asarray(self.both + self.first + self.second + self.neither)

    @property
    def excess(self) -> Array:
        """Hits of the first minus hits of the second in each patient, shape (patients,)."""
        return np.asarray(self.first - self.second)


def discordance(first: ArrayLike, second: ArrayLike, patient: ArrayLike) -> Discordance:
    """Count where two tests of the same units disagree.

    Args:
        first: whether the first test hits, shape (n,).
        second: whether the second test hits, shape (n,).
        patient: the patient of each unit, shape (n,).
    """
    one, two = binary(first, "first"), binary(second, "second")
    same_length(one, two, "first and second")
    return among_units(one, two, np.ones(len(one), bool), patients(patient, len(one)))


def among_units(first: Mask, second: Mask, units: Mask, clusters: Clusters) -> Discordance:
    """The same among some units; patients without such units do not count.

    Args:
        first: whether the first test hits, shape (n,).
        second: whether the second test hits, shape (n,).
        units: whether a unit counts, shape (n,).
        clusters: the patient of each unit.
    """
    if not units.any():
        raise StatsError(f"two tests cannot be compared: none of {len(units)} units counts")
    present = clusters.total(units) > 0
    cells = [first & second, first & ~second, ~first & second, ~first & ~second]
    return Discordance(*(clusters.total(cell & units)[present] for cell in cells))


def mcnemar(found: Discordance) -> Test:
    """McNemar's test as if all units were independent: for comparison only.

    Source:
        McNemar, Psychometrika 1947;12:153, doi:10.1007/BF02295996.
    """
    _some(found)
    variance = (found.first + found.second).sum()
    return _test(found.excess.sum(), variance, "naive McNemar, nodes taken as independent")


def obuchowski(found: Discordance) -> Test:
    """The clustered test with the variance under equality.

    Source:
        Obuchowski, Stat Med 1998;17:1495, doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::
        AID-SIM863>3.0.CO;2-I.
    """
    _some(found, 2)
    count = len(found.excess)
    variance = count / (count - 1) * np.sum(found.excess**2)
    return _test(found.excess.sum(), variance, "clustered (Obuchowski)")


def durkalski(found: Discordance) -> Test:
    """The clustered test that weighs each patient alike.

    Source:
        Durkalski et al., Stat Med 2003;22:2417, doi:10.1002/sim.1438.
    """
    _some(found)
    share = found.excess / found.sizes
    return _test(share.sum(), np.sum(share**2), "clustered (Durkalski)")


def yang(found: Discordance) -> Test:
    """Obuchowski's test with the mean of the variances under and without equality.

    Source:
        Yang et al., Biom J 2010;52:638, doi:10.1002/bimj.201000035.
    """
    _some(found, 2)
    excess, sizes, count = found.excess, found.sizes, len(found.excess)
    free = excess - excess.sum() / sizes.sum() * sizes
    variance = count / (count - 1) * (np.sum(excess**2) + np.sum(free**2)) / 2
    return _test(excess.sum(), variance, "clustered (Yang)")


def eliasziw(found: Discordance) -> Test:
    """McNemar's test divided by what the correlation within patients inflates it by.

    Source:
        Eliasziw & Donner, Stat Med 1991;10:1981, doi:10.1002/sim.4780101211.
    """
    _some(found, 2)
    inflation = 1 + (_discordant_size(found) - 1) * _discordant_correlation(found)
    variance = (found.first + found.second).sum() * inflation
    return _test(found.excess.sum(), variance, "clustered (Eliasziw)")


def sign_flip(found: Discordance) -> Test:
    """The exact test that either test could have been the first in each patient.

    All 2^patients ways to swap are counted, by convolution.

    Source:
        Fisher, The Design of Experiments, 1935, section 21 (randomisation).
    """
    _some(found)
    ways = np.ones(1)
    for size in np.abs(found.excess[found.excess != 0]).astype(int):
        step = np.zeros(2 * size + 1)
        step[[0, -1]] = 0.5
        ways = np.convolve(ways, step)
    reached = np.arange(len(ways)) - (len(ways) - 1) // 2
    observed = abs(found.excess.sum())
    p = float(ways[np.abs(reached) >= observed - 0.5].sum())
    return Test(
        name="difference is 0",
        statistic=float(found.excess.sum()),
        p=min(p, 1.0),
        method="exact sign flips of patients",
    )


def joint_equality(
    first: ArrayLike, second: ArrayLike, truth: ArrayLike, patient: ArrayLike
) -> Test:
    """Whether two tests have one sensitivity and one specificity, both at once.

    Args:
        first: whether the first test is positive, shape (n,).
        second: whether the second test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).

    Source:
        Lachenbruch & Lynch, Stat Med 1998;17:2207, doi:10.1002/(SICI)1097-0258(19981015)17:19
        <2207::AID-SIM920>3.0.CO;2-Y; with Obuchowski's variance by patient.
    """
    one, two, is_so = binary(first, "first"), binary(second, "second"), binary(truth, "truth")
    same_length(one, two, "first and second")
    same_length(one, is_so, "first and truth")
    clusters = patients(patient, len(one))
    gap = one.astype(float) - two
    excess = np.stack([clusters.total(np.where(part, gap, 0.0)) for part in (is_so, ~is_so)])
    if clusters.count < 2:
        raise StatsError("a clustered test needs 2 patients or more; there is 1")
    spread = clusters.count / (clusters.count - 1) * excess @ excess.T
    rank = int(np.linalg.matrix_rank(spread, hermitian=True))
    if rank == 0:
        raise StatsError("the two tests agree on every unit: there is no difference to test")
    total = excess.sum(axis=1)
    statistic = float(total @ np.linalg.pinv(spread, hermitian=True) @ total)
    return Test(
        name="equal sensitivity and specificity",
        statistic=statistic,
        df=(float(rank),),
        p=chi2_p(statistic, rank),
        method="clustered (Obuchowski), joint",
    )


def _discordant_correlation(found: Discordance) -> float:
    """Correlation within patients that bears on discordant pairs (ρ of the paper).

    The four outcomes are pooled into one analysis of variance between and within patients.
    """
    cells = np.stack([found.both, found.first, found.second, found.neither], axis=1)
    sizes, count = found.sizes[:, None], len(found.sizes)
    mean = float(sizes.mean())
    typical = mean - np.sum((sizes - mean) ** 2) / (count * (count - 1) * mean)
    share = cells.sum(axis=0) / sizes.sum()
    between = np.sum((cells - sizes * share) ** 2 / sizes) / count
    if mean <= 1:
        return 0.0
    within = np.sum(cells * (sizes - cells) / sizes) / (count * (mean - 1))
    if between <= within:  # no positive correlation; the formula has a pole below it
        return 0.0
    rho = (between - within) / (between + (typical - 1) * within)
    discordant = float(share[1] + share[2])
    return float(1 / (1 + discordant * (1 - rho) / rho))


def _discordant_size(found: Discordance) -> float:
    """Typical number of discordant units of a patient who has any (n_c of the paper)."""
    pairs = found.first + found.second
    count, having = len(pairs), int(np.count_nonzero(pairs))
    mean = pairs.sum() / having
    if having < 2:
        return float(mean)
    spread = np.sum((pairs - mean) ** 2) - (count - having) * mean**2
    typical = mean - spread / (having * (having - 1) * mean)
    return float(typical + having * (mean - typical))


def _some(found: Discordance, fewest: int = 1) -> None:
    if not np.any(found.excess != 0) and not np.any(found.first + found.second > 0):
        raise StatsError("the two tests agree on every unit: there is no difference to test")
    if len(found.excess) < fewest:
        raise StatsError(
            f"a clustered test needs {fewest} patients or more; these units come from "
            f"{len(found.excess)}"
        )


def _test(excess: float, variance: float, method: str) -> Test:
    if not variance > 0:
        raise StatsError("disagreements cancel out in every patient: the test has no variance")
    statistic = float(excess**2 / variance)
    return Test(
        name="difference is 0",
        statistic=statistic,
        df=(1.0,),
        p=chi2_p(statistic, 1),
        method=method,
    )
