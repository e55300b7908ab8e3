"""Tables of what was gathered: people, images, measurements, readings, specimens, problems."""

import polars as pl

from nodewise.table import Column, Table
from nodewise.tables.columns import (
    LEVEL,
    PARTICIPANT,
    SIDE,
    SYSTEM,
    VISIT,
    count,
    date,
    flag,
    number,
    text,
)

PARTICIPANTS = Table(
    "participants",
    "one row per participant: the facts that eligibility and the baseline table need",
    (
        PARTICIPANT,
        text("arm", "arm of the trial file", nullable=False),
        text("sex", "female, male or other"),
        number("age", "year", "age at the first imaging"),
        number("weight", "kg", "at the index visit, for uptake of PET whose header lacks it"),
        number("height", "m", "the same at any visit"),
        text("primary_site", "site of the primary tumour, or parotid"),
        text("histology", "histology of the primary tumour"),
        text("parotid_histology", "histology of the parotid lesion in the control arm"),
        flag("malignant_transformation", "malignant transformation of the parotid lesion"),
        flag("preoperative_mri", "standardised MRI before treatment"),
        flag("preoperative_pet_ct", "PET-CT before treatment"),
        flag("node_histology", "at least one cervical node removed with histology"),
        text("primary_side", "left, right or midline"),
        text("p16", "positive, negative, equivocal or unknown"),
        text("hpv", "HPV by a specific test: positive, negative or unknown"),
        text("ebv", "Epstein-Barr virus: positive, negative or unknown"),
        text("clinical_t", "clinical T category: T0 to T4b, TX"),
        text("clinical_n", "clinical N category as recorded"),
        text("clinical_m", "clinical M category: M0 or M1"),
        count("diagnosis_year", "year of diagnosis; it decides the staging edition"),
        flag("neck_dissection_planned", "a neck dissection is planned"),
        flag("prior_neck_treatment", "radiotherapy or chemotherapy of the neck before"),
        flag("prior_neck_surgery", "removal of cervical nodes before"),
        flag("mri_contraindication", "a contraindication to MRI"),
        flag("uspio_contraindication", "a contraindication to the iron-oxide agent"),
        flag("neoadjuvant_therapy", "neoadjuvant chemoimmunotherapy was given"),
        flag("neoadjuvant_complete", "every planned cycle of it was given"),
        flag("radical_surgery", "radical surgery with neck dissection at the study's centre"),
        flag("consent", "informed consent given"),
        text("protocol_version", "version of the protocol under which the participant came in"),
        date("infusion_date", "day of the infusion of iron oxide; imaging after it counts from it"),
        date("neoadjuvant_start_date", "first day of neoadjuvant treatment"),
        date("surgery_date", "day of surgery"),
        date(
            "treatment_end_date",
            "last day of treatment; follow-up visits count from it; empty: surgery was the last",
        ),
    ),
    key=("participant",),
)

SERIES = Table(
    "series",
    "one row per image series taken in",
    (
        text("series", "identifier made from the content", nullable=False),
        PARTICIPANT,
        VISIT,
        text("sequence", "sequence of the trial file; empty when none fits"),
        text("modality", "DICOM modality"),
        date("date", "day of acquisition"),
        text(
            "varies", "what differs between frames: b_value, flip_angle, time, echo_time, nothing"
        ),
        count("frames", "number of frames"),
        text("shape", "columns × rows × slices"),
        text("spacing", "voxel size along columns, rows and slices, mm"),
        text("grid", "shape and affine of the voxels' grid (JSON)"),
        text("acquisition", "vendor, field, times, angles, b-values in house units (JSON)"),
        text("array", "content hash of the voxel values", nullable=False),
        count("files", "number of files that it was read from"),
    ),
    key=("series",),
)

LANDMARKS = Table(
    "landmarks",
    "one row per point that an annotator set on a landmark of the neck",
    (
        PARTICIPANT,
        VISIT,
        text("landmark", "landmark, with its side when it is paired", nullable=False),
        count("point", "number of the point, from 1"),
        number("x", "mm", "to the patient's left"),
        number("y", "mm", "to the back"),
        number("z", "mm", "to the head"),
    ),
    key=("participant", "visit", "landmark", "point"),
)

REGIONS = Table(
    "regions",
    "one row per drawn region",
    (
        text("region", "identifier made from participant, day and label", nullable=False),
        PARTICIPANT,
        VISIT,
        date("date", "day of imaging"),
        text("label", "the region's name where it was drawn", nullable=False),
        text("kind", "node, primary tumour, parotid lesion, bone or reference tissue"),
        SIDE,
        LEVEL,
        SYSTEM,
        text("drawn_by", "person or algorithm kind: MANUAL, SEMIAUTOMATIC, AUTOMATIC"),
        count("frame", "frame of a cine that it was drawn on, from 1; empty on other images"),
        text("grid", "shape and affine of the mask's grid (JSON)"),
        text("array", "content hash of the mask", nullable=False),
    ),
    key=("region",),
)

MAPS = Table(
    "maps",
    "one row per fitted model and series, with the outcome of every voxel counted",
    (
        text("series", "series that was fitted", nullable=False),
        PARTICIPANT,
        VISIT,
        text("model", "signal model and its b-values when chosen", nullable=False),
        text("parameters", "names of the parameters, in the array's order (JSON)"),
        text("units", "their units (JSON)"),
        count("fitted", "voxels fitted"),
        count("masked", "voxels outside the body or the mask"),
        count("no_signal", "voxels without usable signal"),
        count("at_bound", "voxels with a parameter at its bound"),
        count("no_convergence", "voxels whose fit did not end"),
        text("array", "content hash of the parameter values", nullable=False),
        text("outcome", "content hash of the outcome per voxel", nullable=False),
        text("grid", "shape and affine (JSON)"),
    ),
    key=("series", "model"),
)

NODES = Table(
    "nodes",
    "one row per measured region: where it is and how large",
    (
        text("region", "drawn region", nullable=False),
        PARTICIPANT,
        VISIT,
        text("label", "the region's name where it was drawn"),
        text("kind", "kind of region"),
        SIDE,
        LEVEL,
        SYSTEM,
        number("volume", "mm³", "volume"),
        number("long_axis_mm", "mm", "longest diameter in any plane (3-D)"),
        number("short_axis_3d_mm", "mm", "smallest of the three principal diameters (3-D)"),
        number(
            "axial_long_axis_mm", "mm", "longest diameter on the axial slice where it is largest"
        ),
        number("short_axis_mm", "mm", "largest diameter across that long axis, same axial slice"),
        number("long_to_short", "1", "axial long axis / short axis"),
        count("voxels", "voxels of the mask"),
        number("surface", "mm²", "area of the surface"),
        number("sphericity", "1", "surface of the ball of its volume / its surface; 1 of a ball"),
        number("irregularity", "1", "share of its convex hull that it does not fill"),
        number("contact", "1", "share of the surface that touches other drawn regions"),
        count("nodes_joined", "drawn nodes that hang together with it, itself counted"),
        text("margin_on", "sequence or modality of the series whose grid it was drawn on"),
        number("margin_width", "mm", "standard deviation of the image's edge across the margin"),
        number("margin_contrast", "the image's", "that edge's step: inside minus outside"),
        number("fat_plane_loss", "1", "share of the surface without fat within 2 mm; CT alone"),
        number("necrotic_fraction", "1", "share of the core from -30 to 25 HU; CT alone"),
    ),
    key=("region",),
)

VALUES = Table(
    "values",
    "one row per region, tissue, parameter and statistic",
    (
        text("region", "drawn region", nullable=False),
        PARTICIPANT,
        VISIT,
        text("tissue", "region, or shell: the tissue around it", nullable=False),
        text("model", "signal model", nullable=False),
        text("parameter", "parameter of the model", nullable=False),
        text(
            "statistic",
            "mean, median, p10, p90, max, sd, skewness, kurtosis; of uptake, peak, mtv, tlg; of a "
            "bolus, curve: of the fit to the mean, and error, its standard error",
            nullable=False,
        ),
        number("value", "the parameter's", "value; empty when no voxel could be fitted"),
        text("unit", "unit of the value"),
        count("voxels", "voxels of the region on the map's grid"),
        number("fitted_fraction", "1", "share of them that were fitted"),
    ),
    key=("region", "tissue", "model", "parameter", "statistic"),
)

READINGS = Table(
    "readings",
    "one row per signed answer of a reader, and per score computed from the answers",
    (
        text("round", "round of reading", nullable=False),
        text("part", "explorative (with feedback) or pilot", nullable=False),
        text("reader", "user name of the reader", nullable=False),
        count("iteration", "1 for the first read of the case in this round, 2 for a repeat"),
        count("position", "place of the case in the reader's worklist"),
        count("version", "version of the read; above 1 after an unlocking"),
        PARTICIPANT,
        VISIT,
        text("form", "form and its version", nullable=False),
        text("item", "region of the node, or its label; or level, side, patient", nullable=False),
        text("question", "question of the form, or score", nullable=False),
        text("answer", "answer in the form's words", nullable=False),
        number("value", "the question's", "answer as a number, where it is one"),
        number("case_seconds", "s", "reading time of the whole case, without pauses"),
        text("signed_at", "time of the signature, UTC", nullable=False),
    ),
    key=("round", "reader", "iteration", "participant", "visit", "item", "question"),
)

DISSECTIONS = Table(
    "dissections",
    "one row per dissected level: only here is there a reference",
    (
        PARTICIPANT,
        Column("side", pl.String(), "left or right of the patient", nullable=False),
        Column("level", pl.String(), "dissected level or sublevel", nullable=False),
        SYSTEM,
        count("nodes_examined", "nodes found by the pathologist"),
        count("nodes_positive", "nodes with metastasis; after treatment, with viable tumour"),
        count(
            "nodes_regressed", "nodes without viable tumour in which it left signs of regression"
        ),
        date("surgery_date", "day of the dissection"),
    ),
    key=("participant", "side", "level"),
    truth=True,
)

SPECIMEN_NODES = Table(
    "specimen_nodes",
    "one row per node that the pathologist described",
    (
        PARTICIPANT,
        text("specimen_node", "the pathologist's name of the node", nullable=False),
        SIDE,
        LEVEL,
        SYSTEM,
        number("specimen_size_mm", "mm", "greatest diameter of the node in the specimen"),
        Column(
            "metastatic",
            pl.Boolean(),
            "metastasis in the node; after treatment, viable tumour",
            nullable=False,
        ),
        number("deposit_mm", "mm", "greatest diameter of the metastatic deposit"),
        number("pene_mm", "mm", "pathological extranodal extension beyond the capsule"),
        number("viable_tumour", "1", "viable share of the tumour bed after treatment (RVT), 0-1"),
        number("necrosis", "1", "necrotic share of the tumour bed, 0-1"),
        number("fibrosis", "1", "share of the tumour bed with fibrosis or other regression, 0-1"),
        flag("regression", "signs of regression: tumour was there before treatment"),
        text("image_label", "label of the drawn region, when surgeon or pathologist linked them"),
    ),
    key=("participant", "specimen_node"),
    truth=True,
)

ISSUES = Table(
    "issues",
    "one row per problem met, so that nothing is lost in silence",
    (
        text("issue", "identifier made from the content", nullable=False),
        text("step", "step that met it", nullable=False),
        text("participant", "pseudonym, when known"),
        text("where", "file, series or region, without identity"),
        text("found", "what was found", nullable=False),
        text("needed", "what was needed", nullable=False),
        text("action", "what to do about it", nullable=False),
        text("item", "item of the step, so that mending it strikes its issues"),
    ),
    key=("issue",),
)
