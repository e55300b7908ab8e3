"""Values of DICOM elements as plain numbers, days and seconds; None for what is none."""

from datetime import date, datetime

from pydicom.multival import MultiValue


def items(value: object) -> list[object]:
    """The values of an element that has one or several."""
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def number(value: object) -> float | None:
    """An element's only or first number."""
    if isinstance(value, MultiValue | list | tuple):
        value = value[0] if value else None
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number ends below
    except (TypeError, ValueError):
        return None


def scaled(value: object, factor: float) -> float | None:
    """A number in other units, without the last digits that the factor's rounding makes."""
    found = number(value)
    return None if found is None else round(found * factor, 12)


def seconds(text: object) -> float | None:
    """Seconds of a DICOM TM (HHMMSS.F, of the day) or DT (YYYYMMDDHHMMSS.F, of the calendar)."""
    digits, _, fraction = str(text or "").strip().partition(".")
    if "+" in fraction or "-" in fraction:
        fraction = fraction.replace("-", "+").partition("+")[0]
    days = 0
    try:
        if len(digits) >= 12:
            days = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal()
            digits = digits[8:]
        hours, minutes, rest = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
        part = float(f"0.{fraction or 0}")
    except ValueError:
        return None
    return 86400.0 * days + 3600 * hours + 60 * minutes + rest + part


def day(text: object) -> date | None:
    """The day of a DICOM DA or DT."""
    try:
        return datetime.strptime(str(text or "")[:8], "%Y%m%d").date()
    except ValueError:
        return None
