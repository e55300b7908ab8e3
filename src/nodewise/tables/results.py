"""Tables of what follows: eligibility, matches, units, estimates, the flow."""

from nodewise.table import Table
from nodewise.tables.columns import LEVEL, PARTICIPANT, READER, SIDE, count, flag, number, text

MATCHES = Table(
    "matches",
    "one row per image node, and one per specimen node that no image node answers to",
    (
        PARTICIPANT,
        text("region", "image node; empty for an unmatched specimen node"),
        text("specimen_node", "specimen node; empty for an unmatched image node"),
        SIDE,
        LEVEL,
        text(
            "confidence", "exact, level-unique, ambiguous, ambiguous-size or none", nullable=False
        ),
        flag("metastatic", "the reference's answer for this node; empty when there is none"),
        text("reason", "why it was matched like this"),
        count("interval_days", "days from imaging to surgery"),
    ),
    key=("participant", "region", "specimen_node"),
    truth=True,
)

UNITS = Table(
    "units",
    "one row per unit of an analysis: what the index test said and what the reference says",
    (
        text("analysis", "analysis of the trial file", nullable=False),
        text("test", "index test", nullable=False),
        READER,
        text("unit", "node, level, side or patient", nullable=False),
        text("item", "which node, level or side of the participant", nullable=False),
        PARTICIPANT,
        text("arm", "arm"),
        SIDE,
        LEVEL,
        number("value", "the test's", "measured value; empty when nothing was measured there"),
        flag("positive", "index test positive at the frozen cut-off"),
        flag("present", "the target condition by the reference; empty where not verified"),
        text("status", "analysed, or why not"),
    ),
    key=("analysis", "test", "reader", "unit", "participant", "item"),
    truth=True,
)

ACCURACY = Table(
    "accuracy",
    "one row per estimate",
    (
        text("analysis", "analysis of the trial file", nullable=False),
        text("role", "confirmatory at a frozen cut-off, or exploratory", nullable=False),
        text("test", "index test", nullable=False),
        READER,
        text("unit", "node, level, side or patient", nullable=False),
        text("stratum", "all, a level, or a further cut-off (≥ 2)", nullable=False),
        text("quantity", "sensitivity, specificity, ppv, npv, lr_positive, lr_negative, auc…"),
        text("method", "how the interval was made", nullable=False),
        number("value", "1", "estimate"),
        number("low", "1", "lower limit"),
        number("high", "1", "upper limit"),
        number("level", "1", "confidence level"),
        count("numerator", "units counted"),
        count("denominator", "units at risk"),
        count("patients", "participants they come from"),
        count("tp", "true positives"),
        count("fp", "false positives"),
        count("fn", "false negatives"),
        count("tn", "true negatives"),
        number("p", "1", "two-sided p-value against chance, where one is tested"),
        number("p_adjusted", "1", "the same after the family's multiplicity correction"),
        text("remark", "why there is no estimate or interval, or what qualifies it"),
    ),
    key=("analysis", "test", "reader", "unit", "stratum", "quantity", "method"),
    truth=True,
)

CURVES = Table(
    "curves",
    "one row per point of a ROC curve",
    (
        text("analysis", "analysis of the trial file", nullable=False),
        text("test", "index test", nullable=False),
        READER,
        text("unit", "node, level, side or patient", nullable=False),
        count("point", "position along the curve"),
        number("threshold", "the test's", "cut-off at this point"),
        number("sensitivity", "1", "sensitivity"),
        number("specificity", "1", "specificity"),
        number("low", "1", "lower limit of the sensitivity's band"),
        number("high", "1", "upper limit of the sensitivity's band"),
    ),
    key=("analysis", "test", "reader", "unit", "point"),
    truth=True,
)

COMPARISONS = Table(
    "comparisons",
    "one row per difference of two index tests on the same patients",
    (
        text("analysis", "analysis of the trial file", nullable=False),
        text("first", "index test", nullable=False),
        text("second", "index test that is subtracted", nullable=False),
        text("unit", "node, level, side or patient", nullable=False),
        text("quantity", "sensitivity, specificity or auc", nullable=False),
        text("method", "how interval and test were made", nullable=False),
        number("first_value", "1", "the first test's accuracy, mean over readers"),
        number("second_value", "1", "the second test's"),
        number("value", "1", "first minus second"),
        number("low", "1", "lower limit"),
        number("high", "1", "upper limit"),
        number("level", "1", "confidence level"),
        count("readers", "readers; empty where both tests are measured"),
        count("patients", "participants"),
        count("units", "of them the units that both tests have, and that the quantity is of"),
        number("p", "1", "two-sided p-value against no difference"),
        number("p_adjusted", "1", "the same, corrected over the pairs of the comparison"),
        text("remark", "why there is no estimate, or what qualifies it"),
    ),
    key=("analysis", "first", "second", "unit", "quantity"),
    truth=True,
)

AGREEMENT = Table(
    "agreement",
    "one row per coefficient of agreement, between readers or of a reader with herself",
    (
        text("test", "reader test", nullable=False),
        text("between", "readers, or the reader who read twice", nullable=False),
        text("what", "calls at the cut-off, or the scale", nullable=False),
        text("coefficient", "Gwet AC, kappa, percent agreement; its weights", nullable=False),
        number("certain_from", "1", "certainty from which an answer counts; empty: all"),
        number("value", "1", "estimate"),
        number("low", "1", "lower limit"),
        number("high", "1", "upper limit"),
        text("method", "how the interval was made"),
        count("nodes", "nodes"),
        count("patients", "participants"),
        text("remark", "why there is no estimate, or what qualifies it"),
    ),
    key=("test", "between", "what", "coefficient", "certain_from"),
    truth=True,
)

LEARNING = Table(
    "learning",
    "one row per reader, kind of curve and place along it",
    (
        text("test", "reader test", nullable=False),
        READER,
        text("what", "accuracy, LC-CUSUM, LC-CUSUM limit, or case time", nullable=False),
        number("position", "1", "number of the case in the reader's order"),
        number("value", "its own", "share right by node; sum; limit; s"),
        number("low", "its own", "lower pointwise limit"),
        number("high", "its own", "upper pointwise limit"),
        text("remark", "what it says, or why there is none"),
    ),
    key=("test", "reader", "what", "position"),
    truth=True,
)

CONSEQUENCES = Table(
    "consequences",
    "one row per staging edition and two ways of staging the same patients",
    (
        text("disease", "whose tables", nullable=False),
        text("edition", "staging edition", nullable=False),
        text("before", "first way", nullable=False),
        text("after", "second way", nullable=False),
        text("what", "category, stage group, or adjuvant risk group of the trials", nullable=False),
        count("patients", "patients whom both ways decide"),
        count("open", "patients whom one of them leaves open"),
        count("changed", "patients who change"),
        number("value", "1", "their share"),
        number("low", "1", "lower limit"),
        number("high", "1", "upper limit"),
        text("method", "how the interval was made"),
        text("moves", "from → to: patients, those who change"),
        text("remark", "why there is no estimate"),
    ),
    key=("disease", "edition", "before", "after", "what"),
    truth=True,
)

SPARED = Table(
    "spared",
    "one row per figure of the neck dissections that a test would have spared, had it decided",
    (
        text("analysis", "analysis of the trial file", nullable=False),
        text("test", "index test", nullable=False),
        READER,
        text("unit", "side or patient", nullable=False),
        text("decides", "from when on the test would have had one dissect", nullable=False),
        number("threshold", "1", "chance of the target condition from which one would dissect"),
        text(
            "quantity",
            "needless, left: spared, without the condition and with it, of all units; "
            "of_clear, of_ill: of the units without it and with it; net_benefit; "
            "net_benefit_all, of dissecting all; gain: of the test over dissecting all",
            nullable=False,
        ),
        number("value", "1", "estimate"),
        number("low", "1", "lower limit"),
        number("high", "1", "upper limit"),
        number("level", "1", "confidence level"),
        count("numerator", "units counted"),
        count("denominator", "units at risk"),
        count("patients", "participants they come from"),
        text("method", "how the interval was made"),
        text("remark", "why there is no estimate or interval, or what qualifies it"),
    ),
    key=("analysis", "test", "reader", "unit", "decides", "threshold", "quantity"),
    truth=True,
)

REGRESSIONS = Table(
    "regressions",
    "one row per specimen node after neoadjuvant treatment, graded",
    (
        PARTICIPANT,
        text("specimen_node", "the pathologist's name of the node", nullable=False),
        SIDE,
        LEVEL,
        text("regression", "class of the node's regression; empty where the facts leave it open"),
        text("could_be", "classes that it could be, where it is open"),
    ),
    key=("participant", "specimen_node"),
    truth=True,
)

ELIGIBILITY = Table(
    "eligibility",
    "one row per participant and rule",
    (
        PARTICIPANT,
        text("rule", "identifier of the rule in the trial file", nullable=False),
        text("answer", "met, not met, or unknown", nullable=False),
        text("found", "the fact as recorded"),
    ),
    key=("participant", "rule"),
)

FLOW = Table(
    "flow",
    "one row per box of the STARD flow diagram",
    (
        text("box", "identifier", nullable=False),
        text("arm", "arm, or all", nullable=False),
        text("says", "what the box says", nullable=False),
        text("kind", "kept or excluded", nullable=False),
        count("participants", "participants in the box"),
        count("nodes", "nodes in the box"),
    ),
    key=("box", "arm"),
    truth=True,
)
