"""A study's folder: two databases and a shelf of arrays."""

from nodewise.store.arrays import Shelf
from nodewise.store.database import Database
from nodewise.store.study import Study, create

__all__ = ["Database", "Shelf", "Study", "create"]
