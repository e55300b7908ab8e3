"""Pseudonyms: what stands for a patient's identity everywhere behind the door."""

import base64
import hashlib
import hmac
import unicodedata
from datetime import date, timedelta

from nodewise.errors import IngestError

TEN_YEARS = 3652


class Pseudonyms:
    """Names and dates that only the holder of the study's key can lead back to a patient.

    Names are keyed hashes (HMAC-SHA256), so nobody finds an id by trying all of them.

    Args:
        key: the study's secret, at least 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise IngestError(f"the study's key has {len(key)} bytes; 16 or more are needed")
        self._key = key
        self._owner: dict[str, str] = {}

    def participant(self, patient_id: str) -> str:
        """The pseudonym of a patient; the same id gives the same one.

        >>> Pseudonyms(b"sixteen bytes ok").participant("SIM-0001")
        'P-CVF7AK'
        """
        name = f"P-{self._letters('participant', _plain(patient_id))[:6]}"
        if self._owner.setdefault(name, _plain(patient_id)) != _plain(patient_id):
            raise IngestError(f"two patients have the pseudonym {name}; another key is needed")
        return name

    def date(self, patient_id: str, day: date) -> date:
        """The day shifted back by a number of days (at most ten years) that is the patient's own.

        Intervals within a patient stay true.
        """
        days = 1 + int.from_bytes(self._hash("date", _plain(patient_id))[:8], "big") % TEN_YEARS
        return day - timedelta(days=days)

    def mark(self, uid: str) -> str:
        """Eight letters that stand for a series or an object of the scanner."""
        return self._letters("mark", uid)[:8]

    def _hash(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).digest()

    def _letters(self, purpose: str, text: str) -> str:
        return base64.b32encode(self._hash(purpose, text)).decode()


def _plain(patient_id: str) -> str:
    """An id as it is compared: without spaces around it, or the `sub-` that BIDS puts before it."""
    return unicodedata.normalize("NFKC", patient_id).strip().removeprefix("sub-")
