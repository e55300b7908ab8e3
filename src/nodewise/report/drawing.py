"""Templates into text: everything is escaped, and a name that a template lacks is an error."""

import textwrap
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("nodewise.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def drawn(template: str, what: dict[str, object]) -> Markup:
    """A template filled in."""
    return Markup(_templates().get_template(template).render(what))


def style() -> Markup:
    """The one stylesheet of every page."""
    return Markup(files("nodewise.report").joinpath("style.css").read_text(encoding="utf-8"))


def wrapped(text: str, *, characters: int) -> list[str]:
    """Text in lines of at most so many characters, as SVG does not wrap by itself.

    >>> wrapped("two nodes left", characters=9)
    ['two nodes', 'left']
    """
    return textwrap.wrap(text, characters)
