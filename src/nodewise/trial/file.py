"""The text of a trial file: where it is, and what is wrong with it, by line."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from nodewise.errors import TrialError
from nodewise.trial.protocol import Trial


def shipped() -> list[str]:
    """Names of the trials that come with nodewise."""
    return sorted(
        Path(str(entry)).stem
        for entry in files("nodewise").joinpath("trials").iterdir()
        if str(entry).endswith(".toml")
    )


def load(source: str | Path) -> Trial:
    """Read a trial file, or one of the shipped trials by its name.

    Raises:
        TrialError: naming each wrong entry with its line.
    """
    return parse(text(source), where=Path(source).name)


def text(source: str | Path) -> str:
    """The trial file as it is written."""
    path = Path(source)
    if path.suffix == ".toml":
        if not path.is_file():
            raise TrialError(f"there is no trial file {path.name}")
        return path.read_text(encoding="utf-8")
    if str(source) not in shipped():
        raise TrialError(f"no trial is called '{source}'; there is {', '.join(shipped())}")
    return files("nodewise").joinpath("trials", f"{source}.toml").read_text(encoding="utf-8")


def parse(toml: str, *, where: str = "trial.toml") -> Trial:
    """A trial from the text of its file."""
    try:
        return Trial.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise TrialError(f"{where} is not TOML: {error}") from None
    except ValidationError as error:
        lines = dict(_lines(toml))
        says = [_sentence(problem["loc"], problem["msg"], lines) for problem in error.errors()]
        raise TrialError(f"{where} has {len(says)} wrong entries:\n" + "\n".join(says)) from None


def _sentence(
    place: tuple[int | str, ...], message: str, lines: dict[tuple[int | str, ...], int]
) -> str:
    known = next((place[:n] for n in range(len(place), -1, -1) if place[:n] in lines), ())
    name = ".".join(str(part) for part in place) or "the file as a whole"
    says = message.replace("Extra inputs are not permitted", "there is no such key")
    return f"  line {lines.get(known, 1)}, {name}: {says.removeprefix('Value error, ')}"


def _lines(toml: str) -> Iterator[tuple[tuple[int | str, ...], int]]:
    """Where each key of the file stands: (path, line number)."""
    table: tuple[int | str, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(toml.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)([\w.-]+)\]", line):
            name = header[2]
            table = (*name.split("."),)
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                table = (name, seen[name])
            yield table, number
        elif key := re.match(r"\s*([\w-]+)\s*=", line):
            yield (*table, key[1]), number
