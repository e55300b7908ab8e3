"""Where a value lies on a drawing."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Values from low to high along a line from start to end, px."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Place of a value, px; what lies outside is drawn at the rim.

        >>> Axis(low=0, high=2, start=10, end=110).at(0.5)
        35.0
        """
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, *, about: int = 5) -> list[tuple[float, str]]:
        """Round values with their labels.

        >>> [label for _, label in Axis(low=0, high=1, start=0, end=1).ticks()]
        ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']
        """
        rough = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * min((1, 2, 5, 10), key=lambda each: abs(each * power - rough))
        digits = max(0, -math.floor(math.log10(step)))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(n * step, f"{n * step:.{digits}f}") for n in range(first, last + 1)]


def around(values: list[float], *, margin: float = 0.05) -> tuple[float, float]:
    """Limits that hold every value with a margin; 0 to 1 when there is none.

    >>> around([1.0, 3.0], margin=0.5)
    (0.0, 4.0)
    """
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = margin * (high - low) or abs(high) * margin or 1.0
    return low - room, high + room
