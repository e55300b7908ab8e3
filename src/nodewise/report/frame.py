"""The frame that curves are drawn in: two axes with their grid, labels and names."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nodewise.report.axis import Axis
from nodewise.report.drawing import drawn

Labels = Sequence[tuple[float, str]]
"""Values on an axis with what is written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Two axes at right angles.

    Args:
        across: from left to right.
        up: from the foot to the top.
        labels: of each axis.
        names: what each axis shows.
        right: room on the right, px.
        below: room below, px.
    """

    across: Axis
    up: Axis
    labels: tuple[Labels, Labels]
    names: tuple[str, str]
    right: int = 24
    below: int = 46

    @property
    def width(self) -> int:
        """Of the whole figure, px."""
        return round(self.across.end) + self.right

    def drawn(self, template: str, title: str, what: dict[str, object]) -> Markup:
        """A figure in this frame.

        Args:
            template: one that extends curve.svg.
            title: that a screen reader says.
            what: the template's own names.
        """
        at_x, at_y = self.labels
        return drawn(
            template,
            {
                "title": title,
                "width": self.width,
                "height": round(self.up.start) + self.below,
                "left": self.across.start, "top": self.up.end,
                "right": self.across.end, "foot": self.up.start,
                "across": [(self.across.at(value), label) for value, label in at_x],
                "up": [(self.up.at(value), label) for value, label in at_y],
                "names": self.names,
            }
            | what,
        )  # fmt: skip
