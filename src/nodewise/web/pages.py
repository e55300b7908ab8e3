"""Templates, and answers in HTML."""

from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from nodewise.web.places import places

_TEMPLATES = Environment(
    loader=PackageLoader("nodewise.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["places"] = places


def page(template: str, facts: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """A page from a template and its facts."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(facts), status)
