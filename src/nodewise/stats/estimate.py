"""What every statistic returns: a number with its interval, its method and its counts."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from nodewise.errors import StatsError

FEW_PATIENTS = 10
"""Below this many patients no interval keeps its level in simulation, and the estimate says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test of a hypothesis.

    Args:
        name: what was tested.
        statistic: its value.
        df: degrees of freedom: none (normal), one (t, chi-squared) or two (F).
        p: two-sided p value unless the method says otherwise.
        method: how.
    """

    __test__ = False  # not a test case, whatever its name suggests to pytest

    name: str
    statistic: float
    p: float
    method: str
    df: tuple[float, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {p_words(self.p)}; {self.method}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number that a reviewer can check.

    Args:
        name: what was estimated.
        value: the estimate.
        low: lower limit of its interval; None when there can be none, with a reason.
        high: upper limit.
        level: level of the interval, fraction.
        method: how the interval was made.
        numerator: units that count as hits, where there are such.
        denominator: units that the estimate rests on.
        clusters: patients that they come from; None where units were taken as independent.
        unit: word for one unit.
        cluster: word for one cluster.
        design_effect: variance with clusters over variance without.
        effective: number of independent units that would be as informative.
        error: standard error on the estimate's own scale, where the interval is symmetric.
        error_df: degrees of freedom of that error; None for a normal interval.
        test: the test that goes with the estimate of a difference.
        reason: why there is no interval.
        caution: why the interval should be read with care.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str
    numerator: float | None = None
    denominator: int | None = None
    clusters: int | None = None
    unit: str = "node"
    cluster: str = "patient"
    design_effect: float | None = None
    effective: float | None = None
    error: float | None = None
    error_df: float | None = None
    test: Test | None = None
    reason: str = ""
    caution: str = ""

    def per(self, unit: str) -> "Estimate":
        """The same estimate with another word for its unit: level, side, patient."""
        return replace(self, unit=unit)

    def lacking(self, reason: str) -> "Estimate":
        """The same value without an interval, and why it has none."""
        return replace(self, low=None, high=None, error=None, reason=reason, caution="")

    def named(self, name: str) -> "Estimate":
        """The same estimate under another name."""
        return replace(self, name=name)

    def as_dict(self) -> dict[str, object]:
        """Every field at full precision, the test's fields flattened: a row of a table."""
        row = asdict(self)
        row.pop("test")
        tested = self.test
        row["statistic"] = None if tested is None else tested.statistic
        row["df"] = None if tested is None else list(tested.df)
        row["p"] = None if tested is None else tested.p
        return row

    def __str__(self) -> str:
        interval = "no interval"
        if self.low is not None and self.high is not None:
            interval = f"{_short(self.low)} to {_short(self.high)}"
        parts = [f"{_short(self.value)} ({interval})", self._counted()]
        if self.test is not None:
            parts.append(p_words(self.test.p))
        parts += [self.method, self.reason, self.caution]
        return "; ".join(part for part in parts if part)

    def _counted(self) -> str:
        if self.denominator is None:
            return "" if self.clusters is None else _several(self.clusters, self.cluster)
        units = _several(self.denominator, self.unit)
        if self.clusters is None or self.unit == self.cluster:
            return units
        return f"{units} in {_several(self.clusters, self.cluster)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Stands in a table for a quantity that the data cannot estimate.

    Args:
        name: what was asked for.
        reason: the sentence that says why it cannot be had.
    """

    name: str
    reason: str

    def as_dict(self) -> dict[str, object]:
        """The same columns as an Estimate, empty but for name and reason."""
        empty = Estimate(name=self.name, value=0.0, method="").as_dict()
        return dict.fromkeys(empty) | {"name": self.name, "reason": self.reason}

    def __str__(self) -> str:
        return f"not estimable: {self.reason}"


def tried(name: str, call: Callable[[], Estimate]) -> Estimate | Unknown:
    """The estimate under this name or, where the data cannot give it, the sentence that says why.

    >>> from nodewise.stats.proportions import proportion
    >>> print(tried("share", lambda: proportion([], [])))
    not estimable: proportion cannot be estimated: none of 0 units counts for it
    """
    try:
        return call().named(name)
    except StatsError as error:
        return Unknown(name=name, reason=str(error))


def p_words(p: float) -> str:
    """A p value as journals print it.

    >>> p_words(0.0271757), p_words(3.8e-26)
    ('p = 0.027', 'p < 0.001')
    """
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.1 else f"p = {p:.3f}"


def few(clusters: int) -> str:
    """The caution that so few patients deserve; empty when there are enough."""
    if clusters >= FEW_PATIENTS:
        return ""
    verb = "is" if clusters == 1 else "are"
    return f"{_several(clusters, 'patient')} {verb} too few for an interval that keeps its level"


def _several(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _short(value: float) -> str:
    """Two decimals, or three significant figures above ten."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.3g}"
