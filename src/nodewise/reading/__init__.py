"""Reading: forms as data, worklists, answers and what a signature says. Knows no HTTP, no file."""

from nodewise.reading.form import Form, load, released
from nodewise.reading.worklist import Case, Slot, order

__all__ = ["Case", "Form", "Slot", "load", "order", "released"]
