"""Where each role's work is."""

from nodewise.reading.roles import MAY, Role

PLACES = (
    ("/worklist", "Worklist", "read"),
    ("/mark", "Marking", "mark nodes"),
    ("/progress", "Progress", "see progress"),
    ("/allocation", "Allocation", "plan reading"),
    ("/score", "Score", "freeze a score"),
    ("/pathology", "Pathology", "enter pathology"),
    ("/matching", "Matching", "enter pathology"),
    ("/queries", "Queries", "query"),
    ("/export", "Export", "export"),
    ("/audit", "Audit trail", "see the audit trail"),
)
"""Pages with what they are called and the deed that they ask for; the first is a role's home."""


def places(role: str) -> list[tuple[str, str]]:
    """Pages that a role may open, in their order.

    >>> places("reader")
    [('/worklist', 'Worklist'), ('/queries', 'Queries')]
    """
    return [(path, name) for path, name, deed in PLACES if Role(role) in MAY[deed]]
