"""Tables as CSV for people, who open them in a spreadsheet."""

import polars as pl

FORMULA = r"^([=+\-@\t\r\n])"
"""How a cell begins that a spreadsheet runs instead of showing it."""


def csv_for_people(frame: pl.DataFrame) -> str:
    """A table as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers stay as they are: only columns of text are looked at.

    Source:
        OWASP, CSV Injection, owasp.org/www-community/attacks/CSV_Injection.

    >>> csv_for_people(pl.DataFrame({"note": ["=1+1", "2 - 1"], "change": [-1, 2]})).splitlines()
    ['note,change', "'=1+1,-1", '2 - 1,2']
    """
    return frame.with_columns(pl.col(pl.String).str.replace(FORMULA, "'${1}")).write_csv()
