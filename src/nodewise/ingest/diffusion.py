"""Where each vendor keeps the b-value of an image.

Sources: DICOM PS3.3 C.8.13.5.9 (standard attribute); the vendors' conformance statements; checked
against dcm2niix on files of GE, Philips and Toshiba.
"""

import re
import warnings
from collections.abc import Callable

from pydicom import Dataset

PSEUDO_ZERO = 0.5
"""Philips numbers its repeated b = 0 images 0.001, 0.002…; below this a b-value is zero, s/mm²."""

LACKING_MEANS_ZERO = frozenset({"GE", "Toshiba"})
"""Vendors whose b = 0 images among diffusion images carry no b-value at all."""

TAGS = ("DiffusionBValue", "ImageComments", "ScanningSequence")
PRIVATE_TAGS = (
    0x00190010, 0x0019100C, 0x001910E0, 0x00291010, 0x20010010, 0x20011003,
    0x00430010, 0x00431039, 0x00650010, 0x00651009,
)  # fmt: skip


def vendor(manufacturer: str) -> str:
    """The vendor by its usual name.

    >>> vendor("GE MEDICAL SYSTEMS"), vendor("Canon Medical Systems"), vendor("")
    ('GE', 'Toshiba', 'unknown')
    """
    words = manufacturer.strip()
    known = {"ge": "GE", "siemens": "Siemens", "philips": "Philips", "toshiba": "Toshiba",
             "canon": "Toshiba", "uih": "UIH", "united": "UIH"}  # fmt: skip
    first = re.split(r"[\s_-]", words.lower())[0]
    return known.get(first, words.split()[0].title() if words else "unknown")


def b_value(image: Dataset, maker: str) -> float | None:
    """The b-value of an image, s/mm²; None where the file has none."""
    found = _number(image.get("DiffusionBValue"))
    if found is None and maker in _PRIVATE:
        found = _PRIVATE[maker](image)
    return rounded(found)


def rounded(b: float | None) -> float | None:
    """A b-value as found, with Philips' pseudo-zeros as zero and impossible ones as None."""
    if b is None or b < 0:
        return None
    return 0.0 if b < PSEUDO_ZERO else b


def _ge(image: Dataset) -> float | None:
    # Slop_int_6 holds other things in sequences without diffusion gradients
    directions = _number(_private(image, 0x001910E0)) or 0
    if "EP" not in str(image.get("ScanningSequence", "")) and not directions:
        return None
    found = _number(_private(image, 0x00431039))
    return found % 1e9 if found is not None else None  # 1e9 is added to intermediate b-values


def _siemens(image: Dataset) -> float | None:
    found = _number(_private(image, 0x0019100C))
    if found is not None or 0x00291010 not in image:
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nibabel calls its whole DICOM part experimental
        from nibabel.nicom import csareader

    try:
        header = csareader.read(bytes(image[0x00291010].value))  # type: ignore[no-untyped-call]
    except Exception:
        return None
    items = header["tags"].get("B_value", {}).get("items", [])
    return float(items[0]) if items else None


def _philips(image: Dataset) -> float | None:
    return _number(_private(image, 0x20011003))


def _toshiba(image: Dataset) -> float | None:
    told = re.match(r"\s*b=(\d+(\.\d+)?)", str(image.get("ImageComments", "")))
    return float(told[1]) if told else None


def _uih(image: Dataset) -> float | None:
    return _number(_private(image, 0x00651009))


_PRIVATE: dict[str, Callable[[Dataset], float | None]] = {
    "GE": _ge, "Siemens": _siemens, "Philips": _philips, "Toshiba": _toshiba, "UIH": _uih,
}  # fmt: skip


def _private(image: Dataset, tag: int) -> object:
    return image[tag].value if tag in image else None


def _number(value: object) -> float | None:
    """A number from however a file delivers it: a number, several, text, or bytes of text."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if isinstance(value, str):
        value = value.split("\\")[0].strip(" \0")
    elif hasattr(value, "__getitem__") and hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number ends below
    except (TypeError, ValueError):
        return None
