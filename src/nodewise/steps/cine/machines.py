"""Which machine made a cine: what its display compresses, and whether two cines compare."""

from collections.abc import Iterator

from nodewise.ingest.records import Machine
from nodewise.steps.work import Issue
from nodewise.trial import Map

LOUDER = 0.2  # part by which two mechanical indices may differ: nodewise's convention


def dynamic_range(spec: Map, machine: Machine) -> float | None:
    """What the display of a machine compresses, dB; None where the trial file does not say.

    What is told of a preset goes before what is told of the machine.
    """
    if isinstance(spec.dynamic_range, float):
        return spec.dynamic_range
    known = [
        one
        for one in spec.display or ()
        if f"{one.manufacturer} {one.model}".casefold() == machine.name.casefold()
        and one.processing in (None, machine.processing)
    ]
    known.sort(key=lambda one: one.processing is None)
    return known[0].dynamic_range if known else None


def unlisted(spec: Map, machine: Machine, *, participant: str, visit: str) -> Issue:
    """That the trial file does not say what a machine's display compresses."""
    listed = ", ".join(f"{one.manufacturer} {one.model}" for one in spec.display or ())
    preset = f" with preset “{machine.processing}”" if machine.processing else ""
    return Issue(
        where=f"cines, visit {visit}",
        found=f"{machine.name}{preset}, which map {spec.name} of the trial file does not list",
        needed=f"the dynamic range of its display; listed are {listed}",
        action=f"{_remedy(machine)}; until then regions on these cines have a size and no bolus",
        participant=participant,
    )


def _remedy(machine: Machine) -> str:
    if not (machine.manufacturer and machine.model):
        return (
            "import the cines again, with maker and model in their headers (of a NIfTI cine, "
            "Manufacturer and ManufacturersModelName in the JSON beside it)"
        )
    return (
        f'add manufacturer = "{machine.manufacturer}", model = "{machine.model}" and its '
        "dynamic_range, in dB, as a [[map.display]] of the study's trial.toml"
    )


def shared_display(spec: Map, names: set[str]) -> list[Issue]:
    """That one dynamic range stands for the displays of several machines."""
    if len(names) < 2 or not isinstance(spec.dynamic_range, float):
        return []
    return [
        Issue(
            where=f"map {spec.name} of the trial file",
            found=f"one dynamic range for {', '.join(sorted(names))}",
            needed="that of each machine's display: compression differs by maker and preset",
            action="give a [[map.display]] of manufacturer, model and dynamic_range for each, "
            f"in the stead of dynamic_range; until then {spec.dynamic_range:g} dB counts for all, "
            "and peaks and areas of a display of another range are wrong by some 3 % a dB",
        )
    ]


def differences(one: Machine, other: Machine) -> Iterator[str]:
    """In what two cines were made differently, in words; what a file does not tell is no matter."""
    for what in ("manufacturer", "model", "transducer", "processing"):
        both = [getattr(each, what) for each in (one, other)]
        if all(both) and both[0].casefold() != both[1].casefold():
            yield f"{what} {both[0]} and {both[1]}"
    first, second = one.mechanical_index, other.mechanical_index
    if first and second and abs(first - second) > LOUDER * max(first, second):
        yield f"mechanical index {first:g} and {second:g}"
