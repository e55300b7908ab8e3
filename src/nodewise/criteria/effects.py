"""What each finding of extranodal extension does to one and the same neck, by every edition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nodewise.anatomy import RelativeSide
from nodewise.criteria import tnm
from nodewise.criteria.ene import Pene, Sign
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.tnm import Edition, Tumour

_NONE: Mapping[str, Any] = {
    "side": RelativeSide.IPSILATERAL,
    "level": "II",
    "long_axis_mm": 20.0,
    "deposit_mm": 20.0,
    "cene_signs": frozenset(),
    "iene_grade": 0,
    "pene": Pene.NONE,
}
FINDINGS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "clinical, not supported by imaging": {"cene_signs": {Sign.FIXATION}, "cene_supported": False},
    "clinical, supported by imaging": {"cene_signs": {Sign.FIXATION}, "cene_supported": True},
    "imaging grade 1, perinodal fat": {"iene_grade": 1},
    "imaging grade 2, coalescent": {"iene_grade": 2},
    "imaging grade 3, adjacent structure": {"iene_grade": 3},
    "imaging grade 3, certainty 50 %": {"iene_grade": 3, "iene_certainty": 0.5},
    "pathological, minor (≤ 2 mm)": {"pene": Pene.MINOR},
    "pathological, major (> 2 mm)": {"pene": Pene.MAJOR},
}
"""Finding → what it changes in a single ipsilateral node of 20 mm in level II."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The category that one finding alone makes, and how sure the row that says so is."""

    edition: Edition
    basis: Basis
    finding: str
    label: str
    origin: str


def effects(tumour: Tumour) -> list[Effect]:
    """Every finding by every edition that has rules for the tumour, on both bases."""
    disease = tnm.route(tumour).answer or ""
    found = []
    for edition in tnm.editions(disease):
        for basis in Basis:
            for finding, change in FINDINGS.items():
                node = MetastaticNode.model_validate({**_NONE, **change})
                staged = tnm.stage([node], tumour, edition, basis=basis)
                row = staged.decision.row_of(staged.category)
                found.append(
                    Effect(
                        edition=edition,
                        basis=basis,
                        finding=finding,
                        label=staged.label,
                        origin=row.origin,
                    )
                )
    return found
