"""Which nodes on the image can be which specimen nodes, as far as their sizes tell."""

from collections.abc import Iterable, Sequence

from nodewise.trial import SpecimenSize

Sizes = Sequence[float | None]


def fits(image: float | None, specimen: float | None, size: SpecimenSize | None) -> bool:
    """Whether a specimen node can be a node of the image; an unknown size can be any.

    Args:
        image: long axis on the image, mm.
        specimen: greatest diameter in the specimen, mm.
        size: tolerance; None holds no sizes against each other.
    """
    if size is None or image is None or specimen is None:
        return True
    low, high = size.least * image - size.margin_mm, size.greatest * image + size.margin_mm
    return low <= specimen <= high


def placed(images: Sizes, specimens: Sizes, size: SpecimenSize | None) -> dict[int, int]:
    """Image nodes for which a specimen node is there, whichever specimens the others are.

    Two nodes of 28 mm and one specimen of that size: either may be the one that has none, so that
    neither is placed.

    Args:
        images: long axes, mm; None is unknown.
        specimens: greatest diameters, mm; None is unknown.
        size: tolerance; None holds no sizes against each other.

    Returns:
        Number of an image node → number of a specimen node that it may be, none of them twice.
    """
    every = range(len(images))
    best = _most(every, images, specimens, size=size)
    others = ((one, [k for k in every if k != one]) for one in best)
    return {
        one: best[one]
        for one, rest in others
        if len(best) == len(images) or len(_most(rest, images, specimens, size=size)) < len(best)
    }


def _most(
    which: Iterable[int], images: Sizes, specimens: Sizes, *, size: SpecimenSize | None
) -> dict[int, int]:
    """As many image nodes as can have a specimen node each.

    What may be a node's specimen begins and ends higher the larger the node is: to give nodes,
    from the smallest on, the smallest specimen that is left and fits leaves out the fewest.
    Specimens of unknown size come last, and nodes of unknown size after all others.
    """
    free = _from_small(range(len(specimens)), specimens)
    found = {}
    for one in _from_small(which, images):
        fitting = (k for k in free if fits(images[one], specimens[k], size))
        if (first := next(fitting, None)) is not None:
            free.remove(first)
            found[one] = first
    return found


def _from_small(which: Iterable[int], sizes: Sizes) -> list[int]:
    """Numbers in the order of their sizes, the unknown last."""
    return sorted(which, key=lambda k: (sizes[k] is None, sizes[k] or 0.0))
