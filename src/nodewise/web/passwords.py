"""Passwords as argon2 hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nodewise.errors import StoreError

SHORTEST = 12
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


def hashed(password: str) -> str:
    """A password's hash.

    Raises:
        StoreError: when it is shorter than twelve characters.
    """
    if len(password) < SHORTEST:
        raise StoreError(
            f"a password has {SHORTEST} characters or more; this one has {len(password)}"
        )
    return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether a password fits; takes as long for a user who does not exist."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
