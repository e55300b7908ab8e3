"""Numbers, intervals, units and counts as a reader of the report meets them."""

import math
from collections.abc import Iterable
from statistics import median

from nodewise.trial import IndexTest, ReaderTest, Target, Test

DISPLAY = {
    "mm²/s": (1e3, "10⁻³ mm²/s"),
    "1/s": (1.0, "s⁻¹"),
    "1/s, a flow": (60.0, "min⁻¹"),
    "1": (1.0, ""),
}
"""House unit → factor and unit of the page; any other unit is shown as it is."""

QUANTITIES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "accuracy": "accuracy",
    "lr_positive": "likelihood ratio, positive",
    "lr_negative": "likelihood ratio, negative",
    "dor": "diagnostic odds ratio",
    "auc": "area under the ROC curve",
}
"""Each quantity of the accuracy table, in the order of the page, in words."""

UNITS = {
    "node": ("node", "nodes"),
    "level": ("level", "levels"),
    "side": ("neck side", "neck sides"),
    "patient": ("patient", "patients"),
}
"""Units of analysis: one, several."""

KINDS: dict[Target, tuple[str, str]] = {
    "metastasis": ("metastatic {}", "benign {}"),
    "extranodal extension": ("{} with extranodal extension", "{} without it"),
    "viable tumour after treatment": ("{} with viable tumour", "{} without viable tumour"),
    "tumour before treatment": ("{} with tumour before treatment", "{} without tumour before"),
}
"""Target condition → units that have it, and units that do not."""

NOTHING = "–"
TIED = "\u00a0"
"""A space that does not break the line."""


def number(value: float | None, *, digits: int = 2) -> str:
    """A number with fixed decimals, so that columns align; what is huge is only said to be so.

    >>> number(0.7349), number(-0.5), number(-0.001), number(23859727.2), number(None)
    ('0.73', '−0.50', '0.00', '> 1000', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value > 1000:
        return "> 1000"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # no minus before a zero


def interval(low: float | None, high: float | None) -> str:
    """Both limits, or a dash when there are none.

    >>> interval(0.6, 0.834)
    '0.60 to 0.83'
    """
    if low is None or high is None:
        return NOTHING
    return f"{number(low)} to {number(high)}"


def p_value(value: float | None) -> str:
    """A p-value with three decimals.

    >>> p_value(0.0312), p_value(0.00002)
    ('0.031', '< 0.001')
    """
    if value is not None and value < 0.001:
        return "< 0.001"
    return number(value, digits=3)


def counted(count: int | None, one: str, several: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "node"), counted(3, "node"), counted(2, "patient with", "patients with")
    ('1 node', '3 nodes', '2 patients with')
    """
    noun = one if count == 1 else several or one + "s"
    return f"{whole(count)} {noun}"


def whole(count: int | None) -> str:
    r"""A count; thousands set apart by a thin space.

    >>> print(whole(1234567).replace("\u202f", " "))
    1 234 567
    """
    return NOTHING if count is None else f"{count:,}".replace(",", "\u202f").replace("-", "−")


def units(unit: str, count: int | None = None) -> str:
    """A unit of analysis in words, in the plural unless there is one."""
    one, several = UNITS.get(unit, (unit, unit + "s"))
    return one if count == 1 else several


FLOWS = ("ktrans", "kep", "fp", "ps")
"""Parameters in 1/s that the field tells per minute."""


def unit_of(test: Test) -> str:
    """The entry of DISPLAY by which a test's values are shown: flows by minute, relaxation by s."""
    flow = isinstance(test, IndexTest) and test.unit == "1/s" and test.parameter in FLOWS
    return "1/s, a flow" if flow else test.unit


def ill(target: Target, noun: str) -> str:
    """Units with the target condition.

    >>> ill("metastasis", "nodes")
    'metastatic nodes'
    """
    return KINDS[target][0].format(noun)


def well(target: Target, noun: str) -> str:
    """Units without the target condition.

    >>> well("metastasis", "nodes")
    'benign nodes'
    """
    return KINDS[target][1].format(noun)


def shown(value: float, unit: str) -> float:
    """A value of house units as the page shows it.

    >>> shown(0.94e-3, "mm²/s")
    0.94
    """
    return round(value * DISPLAY.get(unit, (1.0, unit))[0], 12)


def shown_unit(unit: str) -> str:
    """The unit of the page for a house unit."""
    return DISPLAY.get(unit, (1.0, unit))[1]


def measured(value: float, unit: str) -> str:
    """A value with its unit, as the page shows it.

    >>> measured(0.94e-3, "mm²/s").replace(TIED, " ")
    '0.94 × 10⁻³ mm²/s'
    """
    there = shown_unit(unit)
    joint = f"{TIED}×{TIED}" if there.startswith("10") else TIED
    return f"{shown(value, unit):.3g}{joint if there else ''}{there.replace(' ', TIED)}"


def confidence(level: float | None) -> str:
    """A confidence level in words that stay on one line."""
    return f"{100 * (level or 0.95):g}{TIED}%{TIED}CI"


def cutoff(test: Test) -> str:
    """Values that a test calls positive, the cut-off's own among them; or that there are none."""
    if test.value == "unknown" or test.direction == "unknown":
        return "no cut-off established"
    sign = "≤" if test.direction == "lower" else "≥"
    if isinstance(test, ReaderTest):
        sure = f", certainty{TIED}≥{TIED}{test.certain_from:g}" if test.certain_from else ""
        return f"{test.unit}{TIED}{sign}{TIED}{test.value:g}{sure}"
    return f"{sign}{TIED}{measured(test.value, unit_of(test))}"


def middle(values: Iterable[object], *, digits: int = 1) -> str:
    """Median and range of the known values.

    >>> middle([3.0, None, 5.0, 10.0])
    '5.0 (3.0 to 10.0)'
    """
    known = [float(value) for value in values if isinstance(value, int | float)]
    if not known:
        return NOTHING
    low, high = number(min(known), digits=digits), number(max(known), digits=digits)
    return f"{number(median(known), digits=digits)} ({low} to {high})"


def sentence(text: str) -> str:
    """Text with a capital first letter and a full stop.

    >>> sentence("not verified")
    'Not verified.'
    """
    stripped = text.strip()
    if not stripped:
        return ""
    return stripped[0].upper() + stripped[1:] + ("" if stripped[-1] in ".!?" else ".")
