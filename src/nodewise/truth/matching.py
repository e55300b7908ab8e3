"""Which image node is which specimen node, and how sure that is.

Matching is by patient and side, then by a link that surgeon or pathologist made, then by level.
Where the level leaves room for more than one answer the node has no reference of its own: it
leaves the analysis by node and is counted, and its level, side and patient keep theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from nodewise.anatomy import superlevel


class Confidence(StrEnum):
    """How an image node and a specimen node were brought together."""

    EXACT = "exact"
    LEVEL_UNIQUE = "level-unique"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNode:
    """A node drawn on the image."""

    region: str
    label: str
    side: str | None
    level: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenNode:
    """A node that the pathologist described."""

    name: str
    side: str | None
    level: str | None
    metastatic: bool
    image_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissection:
    """A dissected level: how many nodes the pathologist found and how many were metastatic."""

    side: str
    level: str
    examined: int | None
    positive: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One image node, one specimen node, or both, with the reason for bringing them together."""

    image: ImageNode | None
    specimen: SpecimenNode | None
    confidence: Confidence
    metastatic: bool | None
    reason: str


def match(
    images: Sequence[ImageNode],
    specimens: Sequence[SpecimenNode],
    dissections: Sequence[Dissection],
) -> list[Match]:
    """Bring one participant's image nodes and specimen nodes together.

    Returns:
        One match per image node, then one per specimen node that no image node answers to.
    """
    linked, images, specimens = _exact(images, specimens)
    found = list(linked)
    for place in sorted({_place(node) for node in images}, key=str):
        here = [node for node in images if _place(node) == place]
        there = [node for node in specimens if place and _place(node) == place]
        dissected = [each for each in dissections if _place(each) == place] if place else []
        taken = [each for each in linked if each.image and _place(each.image) == place]
        found += _by_level(here, there, dissected, already=taken)
    used = {each.specimen.name for each in found if each.specimen}
    open_places = {_place(each.image) for each in found
                   if each.image and each.confidence == Confidence.AMBIGUOUS}  # fmt: skip
    for node in specimens:
        if node.name not in used:
            found.append(_left_over(node, drawn=_place(node) in open_places))
    return found


def _exact(
    images: Sequence[ImageNode], specimens: Sequence[SpecimenNode]
) -> tuple[list[Match], list[ImageNode], list[SpecimenNode]]:
    """Pairs that surgeon or pathologist linked, and what is left of both."""
    by_label = {node.label: node for node in images}
    pairs = [
        (by_label[node.image_label], node)
        for node in specimens
        if node.image_label in by_label
        and (node.side is None or by_label[node.image_label].side in (node.side, None))
    ]
    matches = [
        Match(
            image=image,
            specimen=specimen,
            confidence=Confidence.EXACT,
            metastatic=specimen.metastatic,
            reason="linked by surgeon or pathologist",
        )
        for image, specimen in pairs
    ]
    regions, names = {image.region for image, _ in pairs}, {node.name for _, node in pairs}
    return (
        matches,
        [node for node in images if node.region not in regions],
        [node for node in specimens if node.name not in names],
    )


def _by_level(
    images: Sequence[ImageNode],
    specimens: Sequence[SpecimenNode],
    dissected: Sequence[Dissection],
    *,
    already: Sequence[Match],
) -> list[Match]:
    """Matches of the image nodes of one level."""
    if not dissected:
        where = "level not dissected" if _place(images[0]) else "node on no level"
        return [_alone(node, Confidence.NONE, f"no reference: {where}") for node in images]
    examined = _total(each.examined for each in dissected)
    positive = _total(each.positive for each in dissected)
    rest = None if examined is None else examined - len(already)
    rest_positive = (
        None if positive is None else positive - sum(each.metastatic is True for each in already)
    )
    if rest is None or rest < len(images):
        count = "unknown" if rest is None else rest
        reason = f"in the level: image nodes {len(images)}, specimen nodes left {count}"
        return [_alone(node, Confidence.AMBIGUOUS, reason) for node in images]
    if len(images) == rest == len(specimens) == 1:
        return [_pair(images[0], specimens[0], "one image node, one specimen node in the level")]
    if rest_positive in (0, rest):
        word = "benign" if rest_positive == 0 else "metastatic"
        reason = f"all {rest} specimen nodes left in the level are {word}"
        pairs = zip_longest(images, specimens[: len(images)])
        return [_certain(*pair, reason, metastatic=rest_positive != 0) for pair in pairs]
    reason = f"{rest_positive} of {rest} specimen nodes left in the level are metastatic"
    return [_alone(node, Confidence.AMBIGUOUS, reason) for node in images]


def _place(node: ImageNode | SpecimenNode | Dissection) -> tuple[str, str] | None:
    """Side and level of a node, sublevels put together; None when either is unknown."""
    if node.side is None or node.level is None:
        return None
    return node.side, superlevel(node.level)


def _total(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def _pair(image: ImageNode, specimen: SpecimenNode, reason: str) -> Match:
    return Match(
        image=image,
        specimen=specimen,
        confidence=Confidence.LEVEL_UNIQUE,
        metastatic=specimen.metastatic,
        reason=reason,
    )


def _certain(
    image: ImageNode, specimen: SpecimenNode | None, reason: str, *, metastatic: bool
) -> Match:
    """A node whose answer is known, whichever of the level's specimen nodes it is."""
    return Match(
        image=image,
        specimen=specimen,
        confidence=Confidence.LEVEL_UNIQUE,
        metastatic=metastatic,
        reason=reason,
    )


def _alone(image: ImageNode, confidence: Confidence, reason: str) -> Match:
    return Match(image=image, specimen=None, confidence=confidence, metastatic=None, reason=reason)


def _left_over(specimen: SpecimenNode, *, drawn: bool) -> Match:
    """A specimen node without an image node of its own."""
    return Match(
        image=None,
        specimen=specimen,
        confidence=Confidence.AMBIGUOUS if drawn else Confidence.NONE,
        metastatic=specimen.metastatic,
        reason="one of several nodes drawn in its level may be this one"
        if drawn
        else "no image node answers to it",
    )
