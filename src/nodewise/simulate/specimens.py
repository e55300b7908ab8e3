"""What surgeon and pathologist write down: levels taken out, nodes found there, links to images."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nodewise.anatomy import LevelSystem, Side, superlevel
from nodewise.simulate.nodes import Lump

ARRIVES = 0.94  # share of nodes of a dissected level that the pathologist finds: assumed
LINKED = 0.65  # share of drawn nodes found that the surgeon linked to the image: assumed
NEIGHBOUR = 0.03  # share named by a neighbouring level: Mack found one II/III mix-up
DESCRIBES_ALL = 0.85  # share of pathologists who describe benign nodes too: assumed
SHRINKS = (0.82, 0.95)  # specimen against imaging, fixation: assumed

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dissection:
    """Levels taken out, by side.

    Args:
        levels: sides and levels.
        whole_levels: whether they were reported as whole levels (II, not IIA).
        linked: share of drawn nodes found that somebody linked to the image.
    """

    levels: tuple[tuple[Side, str], ...]
    whole_levels: bool = False
    linked: float = LINKED

    def took(self, lump: Lump) -> bool:
        """Whether a lump lay in a dissected level."""
        return (lump.side, lump.level) in self.levels

    def reported(self, level: str) -> str:
        """The name under which a sublevel is reported."""
        return superlevel(level) if self.whole_levels else level


@dataclass(frozen=True, slots=True)
class Report:
    """Rows of dissections, of described nodes, and of all specimen nodes as they truly are."""

    dissections: list[Row]
    described: list[Row]
    truth: list[Row]


def report(lumps: tuple[Lump, ...], dissection: Dissection, rng: np.random.Generator) -> Report:
    """What the pathologist reports of the levels that were dissected."""
    found = [lump for lump in lumps if dissection.took(lump) and rng.random() < ARRIVES]
    nodes = [_specimen(lump, dissection, rng) for lump in found]
    order = rng.permutation(len(nodes))
    for number, index in enumerate(order, 1):
        nodes[index]["specimen_node"] = f"S{number}"
    nodes = [nodes[index] for index in order]
    everything = rng.random() < DESCRIBES_ALL
    described = [
        {name: value for name, value in row.items() if name not in ("label", "image_level")}
        for row in nodes
        if everything or row["metastatic"] or row["image_label"]
    ]
    treated = any(lump.response for lump in lumps)
    return Report(_levels(nodes, dissection, treated=treated), described, nodes)


def _specimen(lump: Lump, dissection: Dissection, rng: np.random.Generator) -> Row:
    size = lump.long_axis * rng.uniform(*SHRINKS)
    deposit, beyond, major = rng.uniform([0.4, 0.3, 0], [1.0, 4.0, 1])
    if lump.extension:
        beyond = lump.extension.pene_mm
        extends = beyond > 0
    else:
        extends = bool(lump.metastatic) and lump.short_axis > 9 and major < 0.3
    if lump.response:
        deposit *= np.cbrt(lump.response.viable)
    if lump.deposit:
        deposit = lump.deposit.radii.max() / lump.shape.radii.max()
    linked = bool(rng.random() < dissection.linked) and lump.seen
    mixed_up = rng.random() < NEIGHBOUR
    level = str(lump.level)
    if mixed_up and (lump.side, {"IIA": "III", "III": "IIA"}.get(level)) in dissection.levels:
        level = {"IIA": "III", "III": "IIA"}[level]
    return {
        "specimen_node": "",
        "side": lump.side.value,
        "level": dissection.reported(level),
        "level_system": LevelSystem.AJCC.value,
        "specimen_size_mm": round(float(size), 1),
        "metastatic": bool(lump.metastatic),
        "deposit_mm": round(float(size * deposit), 1) if lump.metastatic else None,
        "pene_mm": (round(float(beyond), 1) if extends else 0.0) if lump.metastatic else None,
        **_response(lump),
        "image_label": lump.label if linked else None,
        "label": lump.label,
        "image_level": lump.level,
    }


def _response(lump: Lump) -> Row:
    """What is written down of a node after neoadjuvant treatment: shares in tenths."""
    if lump.response is None:
        return {}
    involved = lump.response.bed > 0
    shares = {
        "viable_tumour": lump.response.viable,
        "necrosis": lump.response.necrosis,
        "fibrosis": lump.response.fibrosis,
    }
    told = {name: _tenths(share) if involved else None for name, share in shares.items()}
    return told | {"regression": involved}


def _tenths(share: float) -> float:
    """A share rounded to tenths; what is there and less than a tenth is told as 0.05."""
    return 0.05 if 0 < share < 0.1 else round(share, 1)


def _gone(node: Row) -> bool:
    """Whether treatment left signs of tumour, and no tumour."""
    return bool(node["regression"]) and not node["metastatic"]


def _levels(nodes: list[Row], dissection: Dissection, *, treated: bool) -> list[Row]:
    reported = dict.fromkeys(
        (side, dissection.reported(level)) for side, level in dissection.levels
    )
    rows = []
    for side, level in reported:
        there = [row for row in nodes if (row["side"], row["level"]) == (side.value, level)]
        rows.append(
            {
                "side": side.value,
                "level": level,
                "level_system": LevelSystem.AJCC.value,
                "nodes_examined": len(there),
                "nodes_positive": sum(row["metastatic"] for row in there),
                "nodes_regressed": sum(map(_gone, there)) if treated else None,
            }
        )
    return rows
