"""Every table's columns, once. Checks, SQL, exports and the data dictionary come from here."""

import polars as pl

from nodewise.table import Table
from nodewise.tables.follow_up import (
    BONE_FINDINGS,
    BONE_SPECIMENS,
    IMAGING_REPORTS,
    OUTCOME_CURVES,
    OUTCOME_ESTIMATES,
    OUTCOME_UNITS,
    OUTCOMES,
    PATIENT_VALUES,
    RESPONSES,
)
from nodewise.tables.gathered import (
    DISSECTIONS,
    ISSUES,
    LANDMARKS,
    MAPS,
    NODES,
    PARTICIPANTS,
    READINGS,
    REGIONS,
    SERIES,
    SPECIMEN_NODES,
    VALUES,
)
from nodewise.tables.pathology import CORRECTIONS, LINKS
from nodewise.tables.results import (
    ACCURACY,
    AGREEMENT,
    COMPARISONS,
    CONSEQUENCES,
    CURVES,
    ELIGIBILITY,
    FLOW,
    LEARNING,
    MATCHES,
    REGRESSIONS,
    SPARED,
    UNITS,
)

__all__ = [
    "ACCURACY",
    "AGREEMENT",
    "BONE_FINDINGS",
    "BONE_SPECIMENS",
    "COMPARISONS",
    "CONSEQUENCES",
    "CORRECTIONS",
    "CURVES",
    "DISSECTIONS",
    "ELIGIBILITY",
    "FLOW",
    "IMAGING_REPORTS",
    "ISSUES",
    "LANDMARKS",
    "LEARNING",
    "LINKS",
    "MAPS",
    "MATCHES",
    "NODES",
    "OUTCOMES",
    "OUTCOME_CURVES",
    "OUTCOME_ESTIMATES",
    "OUTCOME_UNITS",
    "PARTICIPANTS",
    "PATIENT_VALUES",
    "READINGS",
    "REGIONS",
    "REGRESSIONS",
    "RESPONSES",
    "SERIES",
    "SPARED",
    "SPECIMEN_NODES",
    "TABLES",
    "UNITS",
    "VALUES",
    "dictionary",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PARTICIPANTS, SERIES, LANDMARKS, REGIONS, MAPS, NODES, VALUES, ELIGIBILITY, READINGS,
        ISSUES, DISSECTIONS, SPECIMEN_NODES, CORRECTIONS, LINKS, MATCHES, UNITS, ACCURACY, CURVES,
        COMPARISONS, AGREEMENT, LEARNING, CONSEQUENCES, REGRESSIONS, SPARED, FLOW,
        OUTCOMES, IMAGING_REPORTS, BONE_FINDINGS, BONE_SPECIMENS, PATIENT_VALUES, RESPONSES,
        OUTCOME_UNITS, OUTCOME_ESTIMATES, OUTCOME_CURVES,
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
