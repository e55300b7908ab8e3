"""The trial file: who takes part, what is imaged when, which index tests at which cut-offs.

Everything that an analysis may not decide after it has seen the truth stands here, and what the
registry does not tell is written down as unknown.
"""

from nodewise.trial.file import load, parse, shipped, text
from nodewise.trial.outcome import (
    CATEGORIES,
    LAST_CONTACT,
    RELAPSES,
    BoneOutcome,
    Event,
    FollowUpFinding,
    Outcome,
    PatientValue,
    ResponseOutcome,
    TimeOutcome,
)
from nodewise.trial.parts import (
    SIZE,
    Analysis,
    Arm,
    Comparison,
    Consequences,
    IndexTest,
    Learning,
    Map,
    ReaderTest,
    Rule,
    Sparing,
    SpecimenSize,
    Target,
    Test,
    Visit,
)
from nodewise.trial.protocol import Trial, named

__all__ = [
    "CATEGORIES",
    "LAST_CONTACT",
    "RELAPSES",
    "SIZE",
    "Analysis",
    "Arm",
    "BoneOutcome",
    "Comparison",
    "Consequences",
    "Event",
    "FollowUpFinding",
    "IndexTest",
    "Learning",
    "Map",
    "Outcome",
    "PatientValue",
    "ReaderTest",
    "ResponseOutcome",
    "Rule",
    "Sparing",
    "SpecimenSize",
    "Target",
    "Test",
    "TimeOutcome",
    "Trial",
    "Visit",
    "load",
    "named",
    "parse",
    "shipped",
    "text",
]
