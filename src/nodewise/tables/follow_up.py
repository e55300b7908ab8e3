"""Tables of outcomes: what was gathered of patients after treatment, and what follows from it."""

import polars as pl

from nodewise.table import Column, Table
from nodewise.tables.columns import PARTICIPANT, SIDE, VISIT, count, date, flag, number, text

OUTCOME = text("outcome", "outcome of the trial file", nullable=False)
EXAMINED = Column(
    "date",
    pl.Date(),
    "day of imaging, which decides the visit (shifted by a constant per participant)",
    nullable=False,
)
MODALITY = text("modality", "MR, CT, PT or US", nullable=False)
BONE = text(
    "bone", "mandible, maxilla, palate, hyoid bone, skull base, spine or other", nullable=False
)

OUTCOMES = Table(
    "outcomes",
    "one row per participant and event after treatment, and one for the last contact",
    (
        PARTICIPANT,
        text(
            "event",
            "death, local relapse, regional relapse, distant metastasis or second primary, each "
            "where it first happened; or last contact: until then none but those told happened",
            nullable=False,
        ),
        date("date", "day on which it was found"),
        flag("in_field", "a relapse lies in the irradiated or operated field"),
        text("basis", "how it is known: pathology, imaging, examination or register"),
    ),
    key=("participant", "event"),
    truth=True,
)

IMAGING_REPORTS = Table(
    "imaging_reports",
    "one row per participant and examination: what the radiologist reported of the response",
    (
        PARTICIPANT,
        EXAMINED,
        MODALITY,
        text("ni_rads_neck", "NI-RADS category of the neck: 0, 1, 2, 3, 4 or N-x"),
        number("target_sum_mm", "mm", "sum of short axes of target nodes left in place"),
        number("largest_node_mm", "mm", "largest short axis of any node left in place"),
        flag("new_lesion", "a new lesion"),
        flag("other_disease", "disease outside the nodes remains"),
    ),
    key=("participant", "date", "modality"),
    truth=True,
)

BONE_FINDINGS = Table(
    "bone_findings",
    "one row per participant, examination and bone: what imaging says of invasion",
    (
        PARTICIPANT,
        EXAMINED,
        MODALITY,
        BONE,
        SIDE,
        flag("invaded", "imaging shows tumour in the bone; empty: it could not be told"),
    ),
    key=("participant", "date", "modality", "bone", "side"),
)

BONE_SPECIMENS = Table(
    "bone_specimens",
    "one row per bone that was removed: only here is there a reference",
    (
        PARTICIPANT,
        BONE,
        SIDE,
        flag("invaded", "histology shows tumour in the bone; empty: it was not examined"),
        number("depth_mm", "mm", "depth of the invasion"),
    ),
    key=("participant", "bone", "side"),
    truth=True,
)

OUTCOME_UNITS = Table(
    "outcome_units",
    "one row per outcome and participant, or bone: how it ended, or why it is not counted",
    (
        OUTCOME,
        text("stratum", "all; or the modality that was held against histology", nullable=False),
        PARTICIPANT,
        text("item", "bone with its side; empty: the patient"),
        number("days", "day", "from the outcome's origin to the event or the end of follow-up"),
        count("event", "1 the event, 2 a competing one, 0 neither by then"),
        flag("positive", "what imaging said: bone invaded, or a category that counts as positive"),
        flag("present", "what histology said"),
        text("status", "analysed, or why not", nullable=False),
    ),
    key=("outcome", "stratum", "participant", "item"),
    truth=True,
)

PATIENT_VALUES = Table(
    "patient_values",
    "one row per patient value of the trial file, or follow-up finding, and participant",
    (
        text("value_name", "patient value or follow-up finding", nullable=False),
        PARTICIPANT,
        number("value", "the test's", "value; of a finding 1 if positive, else 0"),
        flag("positive", "beyond the test's cut-off, or a positive finding"),
        text("category", "of a finding"),
        count("nodes", "nodes that it comes from"),
        text("status", "analysed, or why there is none", nullable=False),
    ),
    key=("value_name", "participant"),
    truth=True,
)

RESPONSES = Table(
    "responses",
    "one row per participant and visit after treatment: the response, or why there is none",
    (
        PARTICIPANT,
        VISIT,
        text("status", "reported, not reported, died before, or not followed so long"),
        text("ni_rads_neck", "category of the neck"),
        text("recist", "CR, PR, SD, PD; no target; or open, where a measure is missing"),
    ),
    key=("participant", "visit"),
    truth=True,
)

OUTCOME_ESTIMATES = Table(
    "outcome_estimates",
    "one row per estimate about an outcome",
    (
        OUTCOME,
        text("role", "confirmatory, or exploratory", nullable=False),
        text("value_name", "patient value or follow-up finding described against it; or none"),
        text(
            "stratum", "all, positive, negative, category of a finding, or modality", nullable=False
        ),
        text("quantity", "event-free, incidence, hazard ratio, auc, sensitivity…", nullable=False),
        count("at_day", "day from the outcome's origin; empty: over the whole of follow-up"),
        text("method", "how the interval was made", nullable=False),
        number("value", "its own", "estimate"),
        number("low", "its own", "lower limit"),
        number("high", "its own", "upper limit"),
        number("level", "1", "confidence level"),
        count("patients", "participants, from the landmark on where there is one"),
        count("events", "of them with the event, by that day where there is one; or positive"),
        count("competing", "of them with a competing event"),
        count("followed", "of them event-free and under follow-up until that day"),
        count("left_out", "further participants whom it could not be told of"),
        number("p", "1", "two-sided p-value; confirmatory outcomes alone"),
        number("p_adjusted", "1", "the same, corrected over all confirmatory outcomes"),
        text("remark", "why there is no estimate or interval, or what qualifies it"),
    ),
    key=("outcome", "value_name", "stratum", "quantity", "at_day"),
    truth=True,
)

OUTCOME_CURVES = Table(
    "outcome_curves",
    "one row per step of a curve over time",
    (
        OUTCOME,
        text("value_name", "patient value or follow-up finding that parts the strata; or none"),
        text("stratum", "all, positive or negative", nullable=False),
        text("quantity", "event-free, incidence, or competing incidence", nullable=False),
        number("day", "day", "from the outcome's origin"),
        number("value", "1", "share"),
        number("low", "1", "lower pointwise limit"),
        number("high", "1", "upper pointwise limit"),
        count("at_risk", "participants under follow-up just before"),
        count("lost", "of them those whose follow-up ends there without an event"),
    ),
    key=("outcome", "value_name", "stratum", "quantity", "day"),
    truth=True,
)
