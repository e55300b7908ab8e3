"""Two tests or more of the same rows, or one test in two groups of patients."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from nodewise.errors import IngestError, StatsError
from nodewise.stats import (
    Estimate,
    Paired,
    Test,
    Unknown,
    accuracy_ratio,
    at_cutoff,
    auc,
    auc_difference,
    auc_difference_between,
    auc_equality,
    difference_between,
    holm,
    joint_equality,
    kosinski,
    leisenring,
    negative_predictive_value,
    noninferiority_between,
    paired,
    positive_predictive_value,
    predictive_difference,
    scored,
    sensitivity,
    sensitivity_difference,
    specificity,
    specificity_difference,
    tango,
    tried,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per, tested
from nodewise.steps.statistics.columns import Columns, Mask
from nodewise.steps.statistics.margin import Margin, against_margin
from nodewise.steps.statistics.reference import Reference, Units, at_one_cutoff

PPV, NPV = "positive predictive value", "negative predictive value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """What is compared.

    Args:
        names: columns of the tests.
        direction: for scores: higher or lower, one for all or one each.
        cutoffs: makes calls of scores, one each; none: scores stay scores.
        score: which score test of predictive values: kosinski or leisenring.
    """

    __test__ = False  # not a test case, whatever its name suggests to pytest

    names: tuple[str, ...]
    direction: tuple[str, ...] = ()
    cutoffs: tuple[float, ...] = ()
    score: str = "kosinski"

    def __post_init__(self) -> None:
        """Refuse a number of directions or cut-offs that does not fit."""
        for word, given in (("--direction", self.direction), ("--cutoff", self.cutoffs)):
            fits = {0, len(self.names)} | ({1} if word == "--direction" else set())
            if len(given) not in fits:
                raise StatsError(
                    f"{len(self.names)} tests need as many {word}s; {len(given)} were given"
                )
        if len(set(self.names)) < len(self.names):
            raise StatsError("one column is named twice as a test; name two tests")

    def directions(self) -> tuple[str, ...]:
        """One each."""
        if not self.direction:
            raise StatsError(
                f"{', '.join(self.names)}: scores need --direction higher or lower, "
                "which says which end speaks for disease"
            )
        return self.direction * (len(self.names) if len(self.direction) == 1 else 1)

    def binary(self, columns: Columns) -> bool:
        """Whether the tests say yes or no, in the table or at their cut-offs."""
        calls = [name for name in self.names if columns.two_valued(name)]
        if self.cutoffs or len(calls) == len(self.names):
            return True
        if calls and len(self.direction) < len(self.names):
            raise StatsError(
                f"{', '.join(calls)} says yes or no, the rest are scores; give --cutoff for each "
                "test to compare calls, or --direction for each to compare AUCs"
            )
        return False

    def calls(self, columns: Columns) -> list[Mask]:
        """Yes or no of each test, each of shape (n,)."""
        return [self.calls_of(columns, k) for k in range(len(self.names))]

    def calls_of(self, columns: Columns, k: int) -> Mask:
        """Yes or no of the k-th test, shape (n,)."""
        name = self.names[k]
        if self.cutoffs:
            score, way = columns.numbers(name), self.directions()[k]
            return at_cutoff(score, self.cutoffs[k], direction=way)
        return columns.said_yes(name)


def compare(
    columns: Columns,
    tests: Tests,
    reference: Reference,
    *,
    by: str | None = None,
    margin: Margin | None = None,
) -> Answer:
    """Compare tests on the same rows, or one test between groups of patients.

    Args:
        columns: the table; a row that lacks what is needed is left out and counted.
        tests: two or more; one with groups, or to be judged by itself.
        reference: truth and patients.
        by: column of the groups.
        margin: that differences are held against; None: not asked.
    """
    if by is not None:
        return _between_groups(columns, tests, reference, by, margin=margin)
    used = columns.complete([*tests.names, *reference.columns])
    units = reference.of(used)
    if len(tests.names) < 2:
        return _alone(used, tests, units, reference)
    asked = f"{' against '.join(tests.names)} on the same rows, reference {reference.truth}"
    parts = _calls if tests.binary(used) else _scores
    answer = Answer(question=asked, columns=used, parts=tuple(parts(used, tests, units)))
    return answer if margin is None else against_margin(answer, margin)


def _alone(used: Columns, tests: Tests, units: Units, reference: Reference) -> Answer:
    """One test that says yes or no, against the reference."""
    (name,) = tests.names
    if not tests.binary(used):
        raise StatsError(
            f"{name} is a score: give its --cutoff, a second --test to compare it with, or groups "
            "with --by; `nodewise roc` judges one score"
        )
    part = at_one_cutoff(name, tests.calls(used)[0], units)
    return Answer(question=f"{name} against {reference.truth}", columns=used, parts=(part,))


def _between_groups(
    columns: Columns, tests: Tests, reference: Reference, by: str, *, margin: Margin | None
) -> Answer:
    if len(tests.names) != 1:
        raise StatsError("--by compares one test between two groups; name one --test")
    used = columns.complete([*tests.names, by, *reference.columns])
    groups = _two_groups(used, by, reference.patient)
    asked = f"{tests.names[0]} between two groups of patients ({by}), reference {reference.truth}"
    pairs = [(f"{by} {name}", used.where(by, name)) for name in groups]
    if tests.binary(used):
        part = _call_groups(pairs, tests, reference, margin)
        return Answer(question=asked, columns=used, parts=(part,))
    answer = Answer(question=asked, columns=used, parts=(_score_groups(pairs, tests, reference),))
    return answer if margin is None else against_margin(answer, margin)


def _calls(used: Columns, tests: Tests, units: Units) -> Iterator[Part]:
    calls = dict(zip(tests.names, tests.calls(used), strict=True))
    read = {name: paired(call, units.truth, units.patient) for name, call in calls.items()}
    for name, call in calls.items():
        yield Part(title=name, lines=per(_each(call, units), units.unit))
    score = {"kosinski": kosinski, "leisenring": leisenring}[tests.score]
    differences: list[Line] = []
    for one, two in combinations(tests.names, 2):
        part = _pair(f"{one} minus {two}", read[one], read[two], units=units, score=score)
        differences += part.lines[:2]
        yield part
    yield from adjusted(differences)


def _each(call: Mask, units: Units) -> list[Line]:
    rows, level = (call, units.truth, units.patient), units.level
    return [
        tried("sensitivity", lambda: sensitivity(*rows, level=level)),
        tried("specificity", lambda: specificity(*rows, level=level)),
        tried(PPV, lambda: positive_predictive_value(*rows, level=level)),
        tried(NPV, lambda: negative_predictive_value(*rows, level=level)),
    ]


def _pair(
    title: str, one: Paired, two: Paired, *, units: Units, score: Callable[..., Test]
) -> Part:
    level = units.level
    lines: list[Line] = [
        tried("difference of sensitivities", lambda: sensitivity_difference(one, two, level=level)),
        tried("difference of specificities", lambda: specificity_difference(one, two, level=level)),
        tried(f"difference of {PPV}s", lambda: predictive_difference(PPV, one, two, level=level)),
        tried(f"difference of {NPV}s", lambda: predictive_difference(NPV, one, two, level=level)),
        tried(f"ratio of {PPV}s", lambda: accuracy_ratio(PPV, one, two, level=level)),
        tried(f"ratio of {NPV}s", lambda: accuracy_ratio(NPV, one, two, level=level)),
        tested(
            "equal sensitivity and specificity",
            lambda: joint_equality(one.test, two.test, one.truth, units.patient),
        ),
        tested(f"equal {PPV}s", lambda: score(PPV, one, two)),
        tested(f"equal {NPV}s", lambda: score(NPV, one, two)),
    ]
    if one.clusters.count == len(one.truth):
        lines += [_tango("sensitivities", one.truth, (one.test, two.test), level),
                  _tango("specificities", ~one.truth, (~one.test, ~two.test), level)]  # fmt: skip
    return Part(title=title, lines=per(lines, units.unit), counts=_discordance(one, two))


def _tango(of: str, among: Mask, hits: tuple[Mask, Mask], level: float) -> Line:
    """The score interval of a paired difference, where each row is another patient."""
    first, second = (int((among & here & ~other).sum()) for here, other in (hits, hits[::-1]))
    name = f"score interval, {of}"
    return tried(name, lambda: tango(first, second, int(among.sum()), level=level))


def _discordance(one: Paired, two: Paired) -> dict[str, float]:
    """Who calls what positive, among those with and without the disease."""
    cells = {
        "both": one.test & two.test,
        "first only": one.test & ~two.test,
        "second only": ~one.test & two.test,
        "neither": ~one.test & ~two.test,
    }
    return {
        f"{word} ({there})": int((cell & among).sum())
        for there, among in (("reference +", one.truth), ("reference -", ~one.truth))
        for word, cell in cells.items()
    }


def _scores(used: Columns, tests: Tests, units: Units) -> Iterator[Part]:
    ways, level = tests.directions(), units.level
    scores = [used.numbers(name) for name in tests.names]
    areas = [
        auc(score, units.truth, units.patient, direction=way, level=level).named(f"AUC of {name}")
        for name, score, way in zip(tests.names, scores, ways, strict=True)
    ]
    positive = int(units.truth.sum())
    told = {"positive": positive, "negative": len(units.truth) - positive}
    yield Part(title="Areas under the ROC curves", lines=per(areas, units.unit), counts=told)
    rows = units.truth, units.patient
    lines: list[Line] = [
        tried(
            f"AUC of {tests.names[i]} minus {tests.names[j]}",
            partial(
                auc_difference,
                [scores[i], scores[j]],
                *rows,
                direction=[ways[i], ways[j]],
                level=level,
            ),
        )
        for i, j in combinations(range(len(scores)), 2)
    ]
    if len(scores) > 2:
        name = f"equality of {len(scores)} AUCs"
        lines.append(tested(name, lambda: auc_equality(scores, *rows, direction=ways)))
    yield Part(title="Differences on the same rows", lines=per(lines, units.unit))
    yield from adjusted(lines)


def adjusted(lines: Sequence[Line]) -> Iterator[Part]:
    """Holm's p values where several differences were tested."""
    known = [
        (line.name, line.test.p)
        for line in lines
        if not isinstance(line, Unknown | Test) and line.test is not None
    ]
    if len(known) > 2:
        adjusted = holm([p for _, p in known])
        told = {name: float(p) for (name, _), p in zip(known, adjusted, strict=True)}
        yield Part(title="p values adjusted for several differences (Holm)", counts=told)


def _two_groups(used: Columns, by: str, patient: str | None) -> list[str]:
    groups = sorted(set(used.words(by).tolist()))
    if len(groups) != 2:
        raise IngestError(
            f"column {by} of {used.name} makes {len(groups)} groups; --by compares two"
        )
    if patient is not None:
        first, second = (set(used.where(by, name).words(patient).tolist()) for name in groups)
        if first & second:
            raise StatsError(
                f"{len(first & second)} patients have rows in both groups of {by}; groups are of "
                "different patients, and tests of the same patients are compared with two --test"
            )
    return groups


SHARES: Mapping[str, Callable[..., Estimate]] = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    PPV: positive_predictive_value,
    NPV: negative_predictive_value,
}
"""What is compared between groups of patients."""


def _call_groups(
    groups: list[tuple[str, Columns]], tests: Tests, reference: Reference, margin: Margin | None
) -> Part:
    lines: list[Line] = []
    each = [(label, tests.calls(rows)[0], reference.of(rows)) for label, rows in groups]
    unit = each[0][2].unit
    for of, figure in SHARES.items():
        calls = [
            partial(figure, call, units.truth, units.patient, level=units.level)
            for _, call, units in each
        ]
        lines += [
            tried(f"{of}, {label}", call) for (label, *_), call in zip(each, calls, strict=True)
        ]
        gap = f"{of}, {groups[0][0]} minus {groups[1][0]}"
        level = reference.level
        lines.append(tried(gap, partial(_gap, calls[0], calls[1], level=level)))
        if margin is not None:
            name = f"{gap}: {margin.claim}"
            found = tested(name, partial(_no_worse, calls[0], calls[1], margin=margin))
            lines.append(replace(found, name=name))
    return Part(title=tests.names[0], lines=per(lines, unit))


def _gap(
    first: Callable[[], Estimate], second: Callable[[], Estimate], *, level: float
) -> Estimate:
    return difference_between(first(), second(), level=level)


def _no_worse(
    first: Callable[[], Estimate], second: Callable[[], Estimate], *, margin: Margin
) -> Test:
    """One one-sided test or, for equivalence, the weaker of two."""
    one, two = first(), second()
    found = noninferiority_between(one, two, margin=margin.width)
    if not margin.both_ways:
        return found
    other = noninferiority_between(two, one, margin=margin.width)
    weaker = max(found, other, key=lambda test: test.p)
    return replace(weaker, method=weaker.method.replace("one-sided", "two one-sided tests"))


def _score_groups(groups: list[tuple[str, Columns]], tests: Tests, reference: Reference) -> Part:
    way, name = tests.directions()[0], tests.names[0]
    lines: list[Line] = []
    both, unit = [], "node"
    for label, rows in groups:
        units, score = reference.of(rows), rows.numbers(name)
        unit = units.unit
        area = auc(score, units.truth, units.patient, direction=way, level=units.level)
        lines += per([area.named(f"AUC, {label}")], unit)
        both.append(scored(score, units.truth, units.patient, direction=way))
    gap = f"AUC, {groups[0][0]} minus {groups[1][0]}"
    found = tried(gap, lambda: auc_difference_between(*both, level=reference.level))
    return Part(title=name, lines=(*lines, *per([found], unit)))
