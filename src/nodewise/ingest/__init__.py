"""From files to volumes, masks and tables; the only room that knows file formats."""

from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.records import Acquisition, Problem, Region, Rows, Series, Taken
from nodewise.ingest.take import take_in

__all__ = ["Acquisition", "Problem", "Pseudonyms", "Region", "Rows", "Series", "Taken", "take_in"]
