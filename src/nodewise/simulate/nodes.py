"""Nodes and lesions of one person: where they lie, how large they are, what they are made of."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate.neck import Ellipsoid
from nodewise.simulate.tissue import DRAWN, draw
from nodewise.volume import Array

VISIBLE = 3.5  # mm of short axis under which no reader draws a node
SMALL = 5.0  # mm of short axis under which a reader rarely draws a node
SEEN_SMALL, SEEN_METASTATIC, SEEN_BENIGN = 0.25, 0.96, 0.90  # shares that are drawn: assumed
NECROTIC_FROM, NECROTIC_SHARE = 12.0, 0.35  # mm, and share of such metastases: assumed
MICROMETASTASES = 0.1  # share of metastatic nodes under SMALL: assumed
_TRIES = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Extranodal extension of one node, and what of it can be seen.

    Args:
        pene_mm: beyond the capsule under the microscope; 0 is none.
        border_mm: how far the border is blurred and the fat around it stranded on imaging; an
            inflamed node has that too, and a little extension may have none of it.
        matted: grown together with a neighbour.
        invades: into a structure other than fat.
    """

    pene_mm: float = 0.0
    border_mm: float = 0.0
    matted: bool = False
    invades: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What neoadjuvant treatment did to one node.

    Args:
        before: its shape before treatment.
        bed: share of the node that tumour took then; 0 was never involved.
        viable: share of that bed where tumour is alive after treatment.
        necrosis: share of it that is dead and has no vessels; the rest is fibrosis.
        necrosis_before: the same before treatment, when all else of the bed was alive.
        inflamed: factor by which treatment raised the vessels of what is no living tumour.
    """

    before: Ellipsoid
    bed: float = 0.0
    viable: float = 0.0
    necrosis: float = 0.0
    necrosis_before: float = 0.0
    inflamed: float = 1.0

    @property
    def fibrosis(self) -> float:
        """Share of the bed that is neither alive nor necrotic."""
        return max(1 - self.viable - self.necrosis, 0.0) if self.bed else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lump:
    """A node or a lesion as it truly is.

    Args:
        label: its name where it is drawn.
        kind: node or lesion.
        tissue: what it is made of, a lesion of `lesions.csv`.
        metastatic: whether it holds tumour, however little; None for a lesion.
        side: of the neck.
        level: empty for a lesion.
        shape: as drawn by its capsule.
        seen: whether a reader draws it.
        values: of its tissue.
        core: relative half-axes of its fluid core.
        deposit: where its tumour lies, when it fills a part only.
        hilus: relative half-axes of the fat in its middle.
        extension: what is known of tumour beyond its capsule; None leaves it to the pathologist.
        response: to neoadjuvant treatment, after which all else here is told; None without any.
    """

    label: str
    kind: RegionKind
    tissue: str
    metastatic: bool | None
    side: Side
    level: str | None
    shape: Ellipsoid
    seen: bool
    values: dict[str, float]
    core: float = 0.0
    deposit: Ellipsoid | None = None
    hilus: float = 0.0
    extension: Extension | None = None
    response: Response | None = None

    @property
    def untreated(self) -> "Lump":
        """The lump as it was before neoadjuvant treatment."""
        if self.response is None:
            return self
        return replace(self, shape=self.response.before, metastatic=self.response.bed > 0)

    @property
    def short_axis(self) -> float:
        """Smaller axial diameter, mm."""
        return float(2 * self.shape.radii[:2].min())

    @property
    def long_axis(self) -> float:
        """Largest diameter in any direction, mm."""
        return float(2 * self.shape.radii.max())

    @property
    def volume(self) -> float:
        """Volume, mm³."""
        return float(4 / 3 * np.pi * self.shape.radii.prod())


@dataclass(frozen=True, slots=True)
class Size:
    """Log-normal short axis, mm, cut at its ends; and how much longer nodes are head to foot."""

    median: float
    spread: float
    least: float
    most: float
    elongation: tuple[float, float]


SIZES = {  # assumed; a benign node is a bean, a metastatic one round
    "metastatic": Size(11.0, 0.40, 4.0, 25.0, (1.05, 1.6)),
    "benign": Size(6.5, 0.28, 4.0, 12.0, (1.4, 2.2)),
    "reactive": Size(8.0, 0.25, 5.0, 14.0, (1.3, 2.0)),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the nodes of one level lie on the left, mm, and how often they are there, by tissue."""

    low: Array
    high: Array
    chances: dict[str, float]


@cache
def places() -> dict[str, Place]:
    """Every level that the field of view covers."""
    text = files("nodewise.simulate").joinpath("levels.csv").read_text(encoding="utf-8")
    return {row["level"]: _place(row) for row in csv.DictReader(text.splitlines())}


def _place(row: dict[str, str]) -> Place:
    low, high = (
        np.array([float(row[f"{axis}_{end}"]) for axis in "xyz"]) for end in ("low", "high")
    )
    return Place(low, high, {tissue: float(row[tissue]) for tissue in ("benign", "metastatic")})


class Neck:
    """Nodes of one person as they are found a place for; what they share is drawn once."""

    def __init__(self, rng: np.random.Generator, names: Sequence[str] = DRAWN) -> None:
        self.rng, self.names = rng, names
        self.lumps: list[Lump] = []
        self._shared = {
            tissue: rng.standard_normal(len(names)) for tissue in ("metastatic", "benign", "lesion")
        }

    def lesion(self, tissue: str, kind: RegionKind, *, side: Side, at: tuple[float, ...]) -> None:
        """Add the primary tumour or the parotid lesion around a point given for the left."""
        radii = self.rng.uniform(8, 13, 3) * np.array([0.9, 1.0, 1.1])
        centre = np.array(at) * (-1 if side is Side.RIGHT else 1, 1, 1)
        centre = centre + self.rng.uniform(-2, 2, 3)
        values = draw(tissue, self._shared["lesion"], self.rng, names=self.names)
        shape = Ellipsoid(centre, radii, float(self.rng.uniform(0, np.pi)))
        self.lumps.append(
            Lump(
                label="T", kind=kind, tissue=tissue, metastatic=None, side=side, level=None,
                shape=shape, seen=True, values=values,
            )
        )  # fmt: skip

    def node(
        self, tissue: str, *, side: Side, level: str | None = None, tiny: bool = False
    ) -> None:
        """Add a metastatic or benign node if it finds room, at a level or one that its kind likes.

        Args:
            tissue: metastatic, benign or reactive.
            side: of the neck.
            level: where it must lie.
            tiny: whether it is too small for imaging.
        """
        radii, turn = self._size(tissue, tiny=tiny)
        level = level or self._level(tissue)
        for shrink in 0.9 ** np.arange(6):
            centre = self._room(level, side, radii * shrink)
            if centre is not None:
                shape = Ellipsoid(centre, radii * shrink, turn)
                self.lumps.append(self._made(tissue, shape, side=side, level=level))
                return

    def mate(self, lump: Lump) -> bool:
        """Add a metastasis that touches another one of its level, where a side of it is free."""
        radii = lump.shape.radii * self.rng.uniform(0.6, 0.9)
        others = [other.shape for other in self.lumps if other is not lump]
        around = _keep_away(radii, others)
        for angle in self.rng.permutation(np.arange(8) * np.pi / 4):
            way = 0.93 * np.array([np.cos(angle), np.sin(angle), 0])
            centre = lump.shape.centre + way * (lump.shape.radii + radii)[:2].min()
            if _apart(centre, around):
                shape = Ellipsoid(centre, radii, lump.shape.turn)
                made = self._made("metastatic", shape, side=lump.side, level=str(lump.level))
                self.lumps.append(replace(made, seen=True))
                return True
        return False

    def _made(self, tissue: str, shape: Ellipsoid, *, side: Side, level: str) -> Lump:
        metastatic = tissue == "metastatic"
        short = 2 * shape.radii[:2].min()
        usual = SEEN_METASTATIC if metastatic else SEEN_BENIGN
        seen = self.rng.random() < (SEEN_SMALL if short < SMALL else usual) and short >= VISIBLE
        necrotic = self.rng.random() < NECROTIC_SHARE and metastatic and short >= NECROTIC_FROM
        core = float(self.rng.uniform(0.45, 0.65))
        return Lump(
            label="",
            kind=RegionKind.NODE,
            tissue=tissue,
            metastatic=metastatic,
            side=side,
            level=level,
            shape=shape,
            seen=bool(seen),
            values=draw(tissue, self._of_patient(tissue), self.rng, names=self.names),
            core=core if necrotic else 0.0,
        )

    def _of_patient(self, tissue: str) -> Array:
        return self._shared["metastatic" if tissue == "metastatic" else "benign"]

    def _level(self, tissue: str) -> str:
        kind = "metastatic" if tissue == "metastatic" else "benign"
        chances = np.array([place.chances[kind] for place in places().values()])
        return str(self.rng.choice(list(places()), p=chances / chances.sum()))

    def _size(self, tissue: str, *, tiny: bool) -> tuple[Array, float]:
        rng, size = self.rng, SIZES[tissue]
        short = size.median * np.exp(size.spread * rng.standard_normal())
        short = float(np.clip(short, size.least, size.most))
        if tiny or (tissue == "metastatic" and rng.random() < MICROMETASTASES):
            short = float(rng.uniform(2.0, 4.8))
        radii = short / 2 * np.array([1, rng.uniform(1, 1.25), rng.uniform(*size.elongation)])
        return radii, float(rng.uniform(0, np.pi))

    def _room(self, level: str, side: Side, radii: Array) -> Array | None:
        place = places()[level]
        mirror = np.array([-1 if side is Side.RIGHT else 1, 1, 1])
        around = _keep_away(radii, [lump.shape for lump in self.lumps])
        for _ in range(_TRIES):
            centre = self.rng.uniform(place.low, place.high) * mirror
            if _apart(centre, around):
                return np.asarray(centre)
        return None

    def named(self) -> tuple[Lump, ...]:
        """All lumps, drawn nodes as N1, N2… and the others as U1, U2…, in random order."""
        order = [self.lumps[index] for index in self.rng.permutation(len(self.lumps))]
        count = {"N": 0, "U": 0}
        result = []
        for lump in order:
            if not lump.label:
                letter = "N" if lump.seen else "U"
                count[letter] += 1
                result.append(replace(lump, label=f"{letter}{count[letter]}"))
            else:
                result.append(lump)
        return tuple(result)


def _keep_away(radii: Array, others: Sequence[Ellipsoid]) -> tuple[Array, Array]:
    """Centres of lumps and how far another must keep away, both of shape (n, 3), mm.

    Each is taken as round in the axial plane, and fat must be left between.
    """
    there = np.array([[*other.radii, *other.centre] for other in others]).reshape(-1, 6)
    across = np.maximum(there[:, 0], there[:, 1]) + radii[:2].max()
    return there[:, 3:], np.stack([across, across, there[:, 2] + radii[2]], axis=1) + 1.0


def _apart(centre: Array, around: tuple[Array, Array]) -> bool:
    """Whether a lump keeps away from others."""
    return bool(((((centre - around[0]) / around[1]) ** 2).sum(axis=1) > 1).all())
