"""Every table's columns, once. Checks, SQL, exports and the data dictionary come from here."""

import polars as pl

from nodewise.table import Column, Table


def _text(name: str, meaning: str, *, nullable: bool = True) -> Column:
    return Column(name, pl.String(), meaning, nullable=nullable)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, pl.Float64(), meaning, unit)


def _count(name: str, meaning: str) -> Column:
    return Column(name, pl.Int64(), meaning)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, pl.Boolean(), meaning)


def _date(name: str, meaning: str) -> Column:
    return Column(name, pl.Date(), meaning + " (shifted by a constant per participant)")


_PARTICIPANT = _text("participant", "pseudonym, made with the study's key", nullable=False)
_VISIT = _text("visit", "visit of the trial file, or unassigned", nullable=False)
_SIDE = _text("side", "left, right or midline of the patient")
_LEVEL = _text("level", "neck level or sublevel")
_SYSTEM = _text("level_system", "who named the level: AJCC, AAO-HNS or Gregoire 2013")

PARTICIPANTS = Table(
    "participants",
    "one row per participant: the facts that eligibility and the baseline table need",
    (
        _PARTICIPANT,
        _text("arm", "arm of the trial file", nullable=False),
        _text("sex", "female, male or other"),
        _number("age", "year", "age at the first imaging"),
        _text("primary_site", "site of the primary tumour, or parotid"),
        _text("histology", "histology of the primary tumour"),
        _text("parotid_histology", "histology of the parotid lesion in the control arm"),
        _flag("malignant_transformation", "malignant transformation of the parotid lesion"),
        _flag("preoperative_mri", "standardised MRI before treatment"),
        _flag("preoperative_pet_ct", "PET-CT before treatment"),
        _flag("node_histology", "at least one cervical node removed with histology"),
        _date("surgery_date", "day of surgery"),
        _date("treatment_end_date", "last day of treatment; follow-up visits count from it"),
    ),
    key=("participant",),
)

SERIES = Table(
    "series",
    "one row per image series taken in",
    (
        _text("series", "identifier made from the content", nullable=False),
        _PARTICIPANT,
        _VISIT,
        _text("sequence", "sequence of the trial file; empty when none fits"),
        _text("modality", "DICOM modality"),
        _date("date", "day of acquisition"),
        _text(
            "varies", "what differs between frames: b_value, flip_angle, time, echo_time, nothing"
        ),
        _count("frames", "number of frames"),
        _text("shape", "columns × rows × slices"),
        _text("spacing", "voxel size along columns, rows and slices, mm"),
        _text("grid", "shape and affine of the voxels' grid (JSON)"),
        _text("acquisition", "vendor, field, times, angles, b-values in house units (JSON)"),
        _text("array", "content hash of the voxel values", nullable=False),
        _count("files", "number of files that it was read from"),
    ),
    key=("series",),
)

REGIONS = Table(
    "regions",
    "one row per drawn region",
    (
        _text("region", "identifier made from participant, day and label", nullable=False),
        _PARTICIPANT,
        _VISIT,
        _date("date", "day of imaging"),
        _text("label", "the region's name where it was drawn", nullable=False),
        _text("kind", "node, primary tumour, parotid lesion, bone or reference tissue"),
        _SIDE,
        _LEVEL,
        _SYSTEM,
        _text("drawn_by", "person or algorithm kind: MANUAL, SEMIAUTOMATIC, AUTOMATIC"),
        _text("grid", "shape and affine of the mask's grid (JSON)"),
        _text("array", "content hash of the mask", nullable=False),
    ),
    key=("region",),
)

MAPS = Table(
    "maps",
    "one row per fitted model and series, with the outcome of every voxel counted",
    (
        _text("series", "series that was fitted", nullable=False),
        _PARTICIPANT,
        _VISIT,
        _text("model", "signal model and its b-values when chosen", nullable=False),
        _text("parameters", "names of the parameters, in the array's order (JSON)"),
        _text("units", "their units (JSON)"),
        _count("fitted", "voxels fitted"),
        _count("masked", "voxels outside the body or the mask"),
        _count("no_signal", "voxels without usable signal"),
        _count("at_bound", "voxels with a parameter at its bound"),
        _count("no_convergence", "voxels whose fit did not end"),
        _text("array", "content hash of the parameter values", nullable=False),
        _text("outcome", "content hash of the outcome per voxel", nullable=False),
        _text("grid", "shape and affine (JSON)"),
    ),
    key=("series", "model"),
)

NODES = Table(
    "nodes",
    "one row per measured region: where it is and how large",
    (
        _text("region", "drawn region", nullable=False),
        _PARTICIPANT,
        _VISIT,
        _text("label", "the region's name where it was drawn"),
        _text("kind", "kind of region"),
        _SIDE,
        _LEVEL,
        _SYSTEM,
        _number("volume", "mm³", "volume"),
        _number("long_axis_mm", "mm", "longest diameter in any plane (3-D)"),
        _number("short_axis_3d_mm", "mm", "smallest of the three principal diameters (3-D)"),
        _number(
            "axial_long_axis_mm", "mm", "longest diameter on the axial slice where it is largest"
        ),
        _number("short_axis_mm", "mm", "largest diameter across that long axis, same axial slice"),
        _number("long_to_short", "1", "axial long axis / short axis"),
        _count("voxels", "voxels of the mask"),
    ),
    key=("region",),
)

VALUES = Table(
    "values",
    "one row per region, tissue, parameter and statistic",
    (
        _text("region", "drawn region", nullable=False),
        _PARTICIPANT,
        _VISIT,
        _text("tissue", "region, or shell: the tissue around it", nullable=False),
        _text("model", "signal model", nullable=False),
        _text("parameter", "parameter of the model", nullable=False),
        _text("statistic", "mean, median, p10, p90, sd, skewness, kurtosis", nullable=False),
        _number("value", "the parameter's", "value; empty when no voxel could be fitted"),
        _text("unit", "unit of the value"),
        _count("voxels", "voxels of the region on the map's grid"),
        _number("fitted_fraction", "1", "share of them that were fitted"),
    ),
    key=("region", "tissue", "model", "parameter", "statistic"),
)

READINGS = Table(
    "readings",
    "one row per signed answer of a reader, and per score computed from the answers",
    (
        _text("round", "round of reading", nullable=False),
        _text("part", "explorative (with feedback) or pilot", nullable=False),
        _text("reader", "user name of the reader", nullable=False),
        _count("iteration", "1 for the first read of the case in this round, 2 for a repeat"),
        _count("position", "place of the case in the reader's worklist"),
        _count("version", "version of the read; above 1 after an unlocking"),
        _PARTICIPANT,
        _VISIT,
        _text("form", "form and its version", nullable=False),
        _text("item", "region of the node; or level, side, patient", nullable=False),
        _text("question", "question of the form, or score", nullable=False),
        _text("answer", "answer in the form's words", nullable=False),
        _number("value", "the question's", "answer as a number, where it is one"),
        _number("case_seconds", "s", "reading time of the whole case, without pauses"),
        _text("signed_at", "time of the signature, UTC", nullable=False),
    ),
    key=("round", "reader", "iteration", "participant", "visit", "item", "question"),
)

DISSECTIONS = Table(
    "dissections",
    "one row per dissected level: only here is there a reference",
    (
        _PARTICIPANT,
        Column("side", pl.String(), "left or right of the patient", nullable=False),
        Column("level", pl.String(), "dissected level or sublevel", nullable=False),
        _SYSTEM,
        _count("nodes_examined", "nodes found by the pathologist"),
        _count("nodes_positive", "nodes with metastasis"),
        _date("surgery_date", "day of the dissection"),
    ),
    key=("participant", "side", "level"),
    truth=True,
)

SPECIMEN_NODES = Table(
    "specimen_nodes",
    "one row per node that the pathologist described",
    (
        _PARTICIPANT,
        _text("specimen_node", "the pathologist's name of the node", nullable=False),
        _SIDE,
        _LEVEL,
        _SYSTEM,
        _number("specimen_size_mm", "mm", "greatest diameter of the node in the specimen"),
        Column("metastatic", pl.Boolean(), "metastasis in the node", nullable=False),
        _number("deposit_mm", "mm", "greatest diameter of the metastatic deposit"),
        _number("pene_mm", "mm", "pathological extranodal extension beyond the capsule"),
        _text("image_label", "label of the drawn region, when surgeon or pathologist linked them"),
    ),
    key=("participant", "specimen_node"),
    truth=True,
)

MATCHES = Table(
    "matches",
    "one row per image node, and one per specimen node that no image node answers to",
    (
        _PARTICIPANT,
        _text("region", "image node; empty for an unmatched specimen node"),
        _text("specimen_node", "specimen node; empty for an unmatched image node"),
        _SIDE,
        _LEVEL,
        _text("confidence", "exact, level-unique, ambiguous or none", nullable=False),
        _flag("metastatic", "the reference's answer for this node; empty when there is none"),
        _text("reason", "why it was matched like this"),
        _count("interval_days", "days from imaging to surgery"),
    ),
    key=("participant", "region", "specimen_node"),
    truth=True,
)

UNITS = Table(
    "units",
    "one row per unit of an analysis: what the index test said and what the reference says",
    (
        _text("analysis", "analysis of the trial file", nullable=False),
        _text("test", "index test", nullable=False),
        _text("unit", "node, level, side or patient", nullable=False),
        _text("item", "which node, level or side of the participant", nullable=False),
        _PARTICIPANT,
        _text("arm", "arm"),
        _SIDE,
        _LEVEL,
        _number("value", "the test's", "measured value; empty when nothing was measured there"),
        _flag("positive", "index test positive at the frozen cut-off"),
        _flag("metastatic", "reference standard; empty where not verified"),
        _text("status", "analysed, or why not"),
    ),
    key=("analysis", "test", "unit", "participant", "item"),
    truth=True,
)

ACCURACY = Table(
    "accuracy",
    "one row per estimate",
    (
        _text("analysis", "analysis of the trial file", nullable=False),
        _text("role", "confirmatory at a frozen cut-off, or exploratory", nullable=False),
        _text("test", "index test", nullable=False),
        _text("unit", "node, level, side or patient", nullable=False),
        _text("stratum", "all, or a level", nullable=False),
        _text("quantity", "sensitivity, specificity, ppv, npv, lr_positive, lr_negative, auc…"),
        _text("method", "how the interval was made", nullable=False),
        _number("value", "1", "estimate"),
        _number("low", "1", "lower limit"),
        _number("high", "1", "upper limit"),
        _number("level", "1", "confidence level"),
        _count("numerator", "units counted"),
        _count("denominator", "units at risk"),
        _count("patients", "participants they come from"),
        _count("tp", "true positives"),
        _count("fp", "false positives"),
        _count("fn", "false negatives"),
        _count("tn", "true negatives"),
        _number("p", "1", "two-sided p-value against chance, where one is tested"),
        _number("p_adjusted", "1", "the same after the family's multiplicity correction"),
        _text("remark", "why there is no estimate or interval, or what qualifies it"),
    ),
    key=("analysis", "test", "unit", "stratum", "quantity", "method"),
    truth=True,
)

CURVES = Table(
    "curves",
    "one row per point of a ROC curve",
    (
        _text("analysis", "analysis of the trial file", nullable=False),
        _text("test", "index test", nullable=False),
        _text("unit", "node, level, side or patient", nullable=False),
        _count("point", "position along the curve"),
        _number("threshold", "the test's", "cut-off at this point"),
        _number("sensitivity", "1", "sensitivity"),
        _number("specificity", "1", "specificity"),
        _number("low", "1", "lower limit of the sensitivity's band"),
        _number("high", "1", "upper limit of the sensitivity's band"),
    ),
    key=("analysis", "test", "unit", "point"),
    truth=True,
)

ELIGIBILITY = Table(
    "eligibility",
    "one row per participant and rule",
    (
        _PARTICIPANT,
        _text("rule", "identifier of the rule in the trial file", nullable=False),
        _text("answer", "met, not met, or unknown", nullable=False),
        _text("found", "the fact as recorded"),
    ),
    key=("participant", "rule"),
)

FLOW = Table(
    "flow",
    "one row per box of the STARD flow diagram",
    (
        _text("box", "identifier", nullable=False),
        _text("arm", "arm, or all", nullable=False),
        _text("says", "what the box says", nullable=False),
        _text("kind", "kept or excluded", nullable=False),
        _count("participants", "participants in the box"),
        _count("nodes", "nodes in the box"),
    ),
    key=("box", "arm"),
    truth=True,
)

ISSUES = Table(
    "issues",
    "one row per problem met, so that nothing is lost in silence",
    (
        _text("issue", "identifier made from the content", nullable=False),
        _text("step", "step that met it", nullable=False),
        _text("participant", "pseudonym, when known"),
        _text("where", "file, series or region, without identity"),
        _text("found", "what was found", nullable=False),
        _text("needed", "what was needed", nullable=False),
        _text("action", "what to do about it", nullable=False),
        _text("item", "item of the step, so that mending it strikes its issues"),
    ),
    key=("issue",),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PARTICIPANTS, SERIES, REGIONS, MAPS, NODES, VALUES, ELIGIBILITY, READINGS, ISSUES,
        DISSECTIONS, SPECIMEN_NODES, MATCHES, UNITS, ACCURACY, CURVES, FLOW,
    )
}  # fmt: skip
"""Every table by name, in the order in which data flow."""


def dictionary() -> pl.DataFrame:
    """The data dictionary: table, column, type, unit, whether it may be empty, meaning."""
    return pl.DataFrame(
        [
            {
                "table": table.name,
                "column": column.name,
                "type": str(column.kind),
                "unit": column.unit,
                "nullable": column.nullable,
                "meaning": column.meaning,
            }
            for table in TABLES.values()
            for column in table.columns
        ]
    )
