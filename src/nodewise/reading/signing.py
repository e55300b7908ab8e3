"""What a signature says, in a form that can be hashed and hashed again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MEANING = "I have read this case myself, blinded to pathology, and these are my answers."


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A signed read: who, what it means, when, on which form, software and images."""

    read: str
    version: int
    participant: str
    visit: str
    signer: str
    meaning: str
    signed_at: str
    form: str
    form_checksum: str
    software: str
    images: tuple[str, ...]
    answers: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, int | str | None]
    seconds: float
    score: str | None = None  # the frozen score that the scores were computed by

    def text(self) -> str:
        """The record as canonical JSON."""
        return canonical(asdict(self))

    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        return digest(self.text())


def canonical(facts: Any) -> str:
    """JSON that is the same for equal facts: sorted keys, no spaces, no NaN.

    >>> canonical({"b": 1, "a": [2.0]})
    '{"a":[2.0],"b":1}'
    """
    return json.dumps(
        facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def differences(record: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Sentences on what no longer agrees with a signed record.

    Args:
        record: the record as signed.
        found: the same facts as they stand now; what is absent is not compared.
    """
    return [
        f"read {record['read']} version {record['version']}: {name} differs from what was signed"
        for name, value in found.items()
        if canonical(record[name]) != canonical(value)
    ]


def subjects(per: str, levels: Sequence[str] = ("I", "II", "III", "IV", "V")) -> list[str]:
    """What a form is answered for when not for nodes: levels, sides of the neck, the patient.

    >>> subjects("side")
    ['left', 'right']
    """
    if per == "level":
        return [f"{side} {level}" for side in ("left", "right") for level in levels]
    return ["left", "right"] if per == "side" else ["patient"]
