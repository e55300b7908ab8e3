"""nodewise: imaging studies of cervical lymph nodes, from scanner files to an accuracy report."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodewise.maps import fit

__all__ = ["fit"]


def __getattr__(name: str) -> object:
    """Import what needs NumPy only when it is asked for: `nodewise --help` answers at once."""
    if name == "fit":
        from nodewise.maps import fit

        return fit
    raise AttributeError(f"module 'nodewise' has no attribute '{name}'")
