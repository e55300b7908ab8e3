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


MAY = {
    "read": frozenset({Role.READER}),
    "see progress": frozenset({Role.COORDINATOR, Role.STATISTICIAN, Role.AUDITOR}),
    "unlock": frozenset({Role.COORDINATOR}),
    "see the audit trail": frozenset({Role.AUDITOR}),
    "be signed in": frozenset(Role),
}
"""What each role may do; routes name the deed, never the role."""
