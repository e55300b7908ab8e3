"""Which image node is which specimen node, and how sure that is.

Matching is by patient and side, then by a link that surgeon or pathologist made, then by level.
Where the level leaves room for more than one answer the node has no reference of its own: it
leaves the analysis by node and is counted, and its level, side and patient keep theirs.

Size only ever takes a reference away: where too few specimen nodes of the level are as large as a
node on the image, its own may never have arrived. To pair by size would favour large metastases
and let the image judge itself (docs/matching.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nodewise.anatomy import superlevel
from nodewise.trial import SpecimenSize
from nodewise.truth.sizes import fits, placed


class Confidence(StrEnum):
    """How an image node and a specimen node were brought together."""

    EXACT = "exact"
    LEVEL_UNIQUE = "level-unique"
    AMBIGUOUS = "ambiguous"
    AMBIGUOUS_SIZE = "ambiguous-size"
    NONE = "none"


UNSURE = (Confidence.AMBIGUOUS, Confidence.AMBIGUOUS_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNode:
    """A node drawn on the image, and its longest diameter in any direction."""

    region: str
    label: str
    side: str | None
    level: str | None
    long_axis_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenNode:
    """A node that the pathologist described, and its greatest diameter."""

    name: str
    side: str | None
    level: str | None
    metastatic: bool
    image_label: str | None = None
    specimen_size_mm: float | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """What pathology tells of one dissected level.

    Args:
        dissected: the level, or its sublevels.
        specimens: nodes that are described and that nobody linked to an image.
        linked: nodes that somebody linked, wherever on the image they lie.
    """

    dissected: Sequence[Dissection]
    specimens: Sequence[SpecimenNode]
    linked: Sequence[SpecimenNode]

    @property
    def left(self) -> int | None:
        """Nodes that were counted and not linked."""
        examined = _total(each.examined for each in self.dissected)
        return None if examined is None else examined - len(self.linked)

    @property
    def positive(self) -> int | None:
        """How many of these are metastatic, by count, or where each of them is described."""
        counted = _total(each.positive for each in self.dissected)
        if counted is not None:
            return counted - sum(node.metastatic for node in self.linked)
        return self.described if len(self.specimens) == self.left else None

    @property
    def described(self) -> int:
        """How many are described as metastatic."""
        return sum(node.metastatic for node in self.specimens)

    def covers(self, node: ImageNode) -> bool:
        """Whether the node's very sublevel was taken out, where sublevels are told apart."""
        level = str(node.level)
        return any(
            each.level in (level, superlevel(level)) or level == superlevel(each.level)
            for each in self.dissected
        )

    def open(self, images: Sequence[ImageNode]) -> str:
        """Why nodes drawn here may be of either kind; empty where all that is left is of one."""
        left, positive, healthy = self.left, self.positive, len(self.specimens) - self.described
        if left is None or left < len(images):
            count = "unknown" if left is None else left
            return f"in the level: image nodes {len(images)}, specimen nodes left {count}"
        if positive is None:
            return f"not told how many of {left} specimen nodes left in the level are metastatic"
        said = f"{positive} of {left} specimen nodes left in the level are metastatic"
        if not self.described <= positive <= left - healthy:
            return f"{said} by count; described: {self.described} metastatic, {healthy} benign"
        return "" if positive in (0, left) else said


def match(
    images: Sequence[ImageNode],
    specimens: Sequence[SpecimenNode],
    dissections: Sequence[Dissection],
    *,
    size: SpecimenSize | None = None,
) -> list[Match]:
    """Bring one participant's image nodes and specimen nodes together.

    Args:
        images: drawn nodes.
        specimens: described nodes.
        dissections: levels that were taken out.
        size: how large a specimen may be beside its image; None holds no sizes against each other.

    Returns:
        One match per image node, then one per specimen node that no image node answers to.
    """
    linked = _linked(images, specimens)
    found = [_pair(*pair, Confidence.EXACT, "linked by surgeon or pathologist") for pair in linked]
    regions, names = {image.region for image, _ in linked}, {node.name for _, node in linked}
    drawn = [node for node in images if node.region not in regions]
    specimens = [node for node in specimens if node.name not in names]
    for place in sorted({_place(node) for node in drawn}, key=str):
        level = _Level(
            dissected=[each for each in dissections if place and _place(each) == place],
            specimens=[node for node in specimens if _place(node) == place],
            linked=[node for image, node in linked if (_place(node) or _place(image)) == place],
        )
        found += _by_level([node for node in drawn if _place(node) == place], level, size)
    used = {each.specimen.name for each in found if each.specimen}
    unsure = [each.image for each in found if each.image and each.confidence in UNSURE]
    rest = [node for node in specimens if node.name not in used]
    return found + [_left_over(node, unsure, size) for node in rest]


def _linked(
    images: Sequence[ImageNode], specimens: Sequence[SpecimenNode]
) -> list[tuple[ImageNode, SpecimenNode]]:
    """Pairs that surgeon or pathologist linked.

    A link that two image nodes answer to is not followed, nor are links of a metastatic and a
    benign specimen node to one image node.
    """
    pairs = []
    for node in specimens:
        meant = [
            image
            for image in images
            if image.label == node.image_label
            and (node.side is None or image.side in (node.side, None))
        ]
        if len(meant) == 1:
            pairs.append((meant[0], node))
    kinds = {(image.region, node.metastatic) for image, node in pairs}
    return [pair for pair in pairs if (pair[0].region, not pair[1].metastatic) not in kinds]


def _by_level(images: Sequence[ImageNode], level: _Level, size: SpecimenSize | None) -> list[Match]:
    """Matches of the image nodes of one level."""
    inside = [node for node in images if level.covers(node)]
    where = "level not dissected" if _place(images[0]) else "node on no level"
    found = [
        _alone(node, Confidence.NONE, f"no reference: {where}")
        for node in images
        if node not in inside
    ]
    if not inside:
        return found
    if reason := level.open(inside):
        return found + [_alone(node, Confidence.AMBIGUOUS, reason) for node in inside]
    return found + _of_one_kind(inside, level, size)


def _of_one_kind(
    images: Sequence[ImageNode], level: _Level, size: SpecimenSize | None
) -> list[Match]:
    """Matches where the answer is known whichever of the level's specimen nodes a node is."""
    images = sorted(images, key=lambda node: node.region)
    nodes = dict(enumerate(sorted(level.specimens, key=lambda node: node.name)))
    sizes = [node.specimen_size_mm for node in nodes.values()]
    sizes += [None] * ((level.left or 0) - len(nodes))
    homes = placed([node.long_axis_mm for node in images], sizes, size)
    kind = "metastatic" if level.positive else "benign"
    reason = f"all {level.left} specimen nodes left in the level are {kind}"
    if len(images) == level.left == 1:
        reason = f"one image node, one specimen node in the level, {kind}"
    found = []
    for number, image in enumerate(images):
        home = homes.get(number)
        held = f"{reason}; {_held(image.long_axis_mm, home, sizes, size=size)}"
        if home is None:
            found.append(_alone(image, Confidence.AMBIGUOUS_SIZE, held))
        else:
            found.append(
                Match(
                    image=image,
                    specimen=nodes.get(home),
                    confidence=Confidence.LEVEL_UNIQUE,
                    metastatic=kind == "metastatic",
                    reason=held,
                )
            )
    return found


def _held(
    image: float | None,
    home: int | None,
    sizes: Sequence[float | None],
    *,
    size: SpecimenSize | None,
) -> str:
    """How the size of a node on the image stands to those of the specimen nodes it may be."""
    if size is None:
        return "sizes not compared: the trial file gives no tolerance"
    if image is None:
        return "sizes not compared: unknown on the image"
    told = ", ".join(f"{each:.0f}" for each in sorted(s for s in sizes if s is not None))
    unknown = sizes.count(None)
    if home is not None and sizes[home] is None:
        return f"{image:.0f} mm on the image; size unknown of {unknown} of them"
    both = f"{image:.0f} mm on the image, {told} mm in the specimen"
    if home is not None:
        return both
    few = any(fits(image, each, size) for each in sizes)
    return f"{'too few' if few else 'none'} of its size: {both}"


def _place(node: ImageNode | SpecimenNode | Dissection) -> tuple[str, str] | None:
    """Side and level of a node, sublevels put together; None when either is unknown."""
    if node.side is None or node.level is None:
        return None
    return node.side, superlevel(node.level)


def _total(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def _pair(image: ImageNode, specimen: SpecimenNode, confidence: Confidence, reason: str) -> Match:
    return Match(
        image=image,
        specimen=specimen,
        confidence=confidence,
        metastatic=specimen.metastatic,
        reason=reason,
    )


def _alone(image: ImageNode, confidence: Confidence, reason: str) -> Match:
    return Match(image=image, specimen=None, confidence=confidence, metastatic=None, reason=reason)


def _left_over(
    specimen: SpecimenNode, unsure: Sequence[ImageNode], size: SpecimenSize | None
) -> Match:
    """A specimen node without an image node of its own."""
    drawn = any(
        _place(image) == _place(specimen)
        and fits(image.long_axis_mm, specimen.specimen_size_mm, size)
        for image in unsure
    )
    return Match(
        image=None,
        specimen=specimen,
        confidence=Confidence.AMBIGUOUS if drawn else Confidence.NONE,
        metastatic=specimen.metastatic,
        reason="one of several nodes drawn in its level may be this one"
        if drawn
        else "no image node answers to it",
    )
