"""Who does what in a reading study. A user has one role, so nobody reads and enters pathology."""

from enum import StrEnum


class Role(StrEnum):
    """What a user is in one study."""

    COORDINATOR = "coordinator"
    ANNOTATOR = "annotator"
    PATHOLOGY_MANAGER = "pathology manager"
    READER = "reader"
    ADJUDICATOR = "adjudicator"
    STATISTICIAN = "statistician"
    AUDITOR = "auditor"


_STAFF = {Role.COORDINATOR, Role.STATISTICIAN, Role.AUDITOR}

MAY = {
    "read": frozenset({Role.READER, Role.ADJUDICATOR}),
    "adjudicate": frozenset({Role.ADJUDICATOR}),
    "see progress": frozenset(_STAFF),
    "plan reading": frozenset({Role.COORDINATOR}),
    "freeze a score": frozenset({Role.COORDINATOR}),
    "unlock": frozenset({Role.COORDINATOR}),
    "mark nodes": frozenset({Role.ANNOTATOR}),
    "enter pathology": frozenset({Role.PATHOLOGY_MANAGER}),
    "query": frozenset(Role),
    "export": frozenset({Role.COORDINATOR, Role.STATISTICIAN}),
    "export answers": frozenset({Role.STATISTICIAN}),
    "export the truth": frozenset({Role.STATISTICIAN}),
    "see the audit trail": frozenset({Role.AUDITOR}),
    "be signed in": frozenset(Role),
}
"""What each role may do; routes name the deed, never the role. The coordinator is the study
manager: plans, freezes and unlocks, and enters neither answers nor pathology."""
