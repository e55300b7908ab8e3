"""A virtual hospital: files as scanners and laboratories write them, with a truth that is known."""

from nodewise.simulate.hospital import SIMULATED, hospital

__all__ = ["SIMULATED", "hospital"]
