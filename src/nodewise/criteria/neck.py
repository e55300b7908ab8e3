"""A neck's metastatic nodes, and the facts about them that staging tables ask for."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from nodewise.anatomy import LevelSystem, RelativeSide, Side, level_name
from nodewise.criteria import ene
from nodewise.criteria.levels import below_cricoid, retropharyngeal
from nodewise.criteria.rules import Fact, Span, Words, either, exactly, largest
from nodewise.errors import StagingError


class Basis(StrEnum):
    """Whether a category is clinical or pathological."""

    CLINICAL = "clinical"
    PATHOLOGICAL = "pathological"


def _signs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    words = [word.strip() for word in value.split(";") if word.strip()]
    return [] if words == ["none"] else words


class MetastaticNode(BaseModel):
    """One metastatic node; what is not recorded is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: Side | RelativeSide | None = Field(None, description="of patient, or from the tumour")
    level: str | None = Field(None, description="neck level or sublevel")
    level_system: LevelSystem = Field(LevelSystem.AJCC, description="who named the level")
    long_axis_mm: float | None = Field(
        None, gt=0, description="greatest dimension on examination or imaging, mm"
    )
    deposit_mm: float | None = Field(
        None, gt=0, description="greatest dimension of the metastatic deposit in the specimen, mm"
    )
    below_cricoid: bool | None = Field(
        None, description="reaches below the caudal border of the cricoid; else from the level"
    )
    cene_signs: Annotated[frozenset[ene.Sign] | None, BeforeValidator(_signs)] = Field(
        None, description="clinical signs of ENE, separated by ';', or none"
    )
    cene_supported: bool | None = Field(
        None, description="imaging supports the clinical signs; else from the imaging grade"
    )
    iene_grade: int | None = Field(None, ge=0, le=3, description="HNCIG grade")
    iene_certainty: float | None = Field(None, ge=0, le=1, description="reader's certainty, 0-1")
    pene: ene.Pene | None = Field(None, description="pathological ENE: none, minor, major, present")
    pene_mm: float | None = Field(None, ge=0, description="extent beyond the capsule, mm")
    matting: ene.Matting | None = Field(None, description="nodes joined by tumour or by fibrosis")
    specimen: ene.Specimen = Field(ene.Specimen.RESECTION, description="what pathology was given")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "MetastaticNode":
        if self.level is not None:
            level_name(self.level, self.level_system)
        by_word = ene.pathological(self.pene, specimen=self.specimen)
        by_size = ene.pathological(None, extent_mm=self.pene_mm, matting=self.matting)
        if self.pene and (self.pene_mm is not None or self.matting) and by_word.isdisjoint(by_size):
            raise ValueError(
                f"pene says '{self.pene}', but pene_mm and matting say {' or '.join(by_size)}"
            )
        return self

    def size(self, basis: Basis) -> Span:
        """The greatest dimension that the basis counts, mm."""
        value = self.long_axis_mm if basis is Basis.CLINICAL else self.deposit_mm
        return Span(0, low_open=True) if value is None else Span(value, value)

    @property
    def cene(self) -> Words:
        """Clinically overt ENE: yes, no, or open."""
        supported = self.cene_supported
        if supported is None and self.iene_grade is not None:
            supported = self.iene().low >= 1
        return ene.clinical(self.cene_signs, supported=supported)

    def iene(self, needed: float = ene.CERTAINTY) -> Span:
        """The imaging grade that counts at a certainty."""
        return ene.imaging(self.iene_grade, certainty=self.iene_certainty, needed=needed)

    @property
    def pathological_ene(self) -> Words:
        """Pathological ENE that is possible: none, minor, major."""
        return ene.pathological(
            self.pene, extent_mm=self.pene_mm, matting=self.matting, specimen=self.specimen
        )

    @property
    def caudal(self) -> Words:
        """Whether it lies below the cricoid's caudal border: yes, no, or open."""
        if self.below_cricoid is not None:
            return ene.YES if self.below_cricoid else ene.NO
        return below_cricoid(self.level, self.level_system)

    @property
    def retropharyngeal(self) -> Words:
        """Whether its level is retropharyngeal: yes, no, or open."""
        return retropharyngeal(self.level, self.level_system)


def facts(
    nodes: Sequence[MetastaticNode],
    basis: Basis,
    *,
    primary_side: Side | None = None,
    certainty: float = ene.CERTAINTY,
) -> dict[str, Fact]:
    """What the staging tables ask of one neck's metastatic nodes.

    Args:
        nodes: all of them.
        basis: whose sizes count.
        primary_side: of the tumour; needed to tell ipsilateral from contralateral.
        certainty: from which a reader's imaging ENE counts.

    Returns:
        Fact's name → what is known: words or numbers that are still possible.
    """
    return {
        "basis": exactly(basis),
        "count": exactly(len(nodes)),
        "side": exactly(relative_side(nodes, primary_side)),
        "cervical": _cervical(nodes, primary_side),
        "largest_mm": largest([node.size(basis) for node in nodes]),
        "below_cricoid": either([node.caudal for node in nodes]),
        "cene": either([node.cene for node in nodes]),
        "iene": largest([node.iene(certainty) for node in nodes]),
        "pene": _worst([node.pathological_ene for node in nodes]),
    }


def relative_side(nodes: Sequence[MetastaticNode], primary: Side | None) -> str:
    """none, ipsilateral, contralateral or bilateral, as seen from the tumour.

    Midline nodes and nodes whose side nobody stated count as ipsilateral (SEER EOD). So do the
    nodes of one side when the tumour's side is the midline or unknown.

    Raises:
        StagingError: when sides are told in both ways and the tumour's side is not.
    """
    if not nodes:
        return "none"
    sides = {_seen_from(node.side, primary) for node in nodes}
    lateral = sides & {Side.LEFT, Side.RIGHT}
    if lateral and sides & set(RelativeSide):
        raise StagingError(
            f"some sides are the patient's ({', '.join(sorted(lateral))}) and some are seen from "
            "the tumour; needed: the side of the primary tumour, or one way of telling"
        )
    if len(lateral) == 2 or set(RelativeSide) <= sides:
        return "bilateral"
    if RelativeSide.CONTRALATERAL in sides:
        return "bilateral" if sides - {RelativeSide.CONTRALATERAL} else "contralateral"
    return "ipsilateral"


def _seen_from(side: Side | RelativeSide | None, primary: Side | None) -> Side | RelativeSide:
    if side is None or side is Side.MIDLINE:
        return Side.MIDLINE
    if isinstance(side, RelativeSide) or primary not in (Side.LEFT, Side.RIGHT):
        return side
    return RelativeSide.IPSILATERAL if side is primary else RelativeSide.CONTRALATERAL


_CERVICAL_ORDER = ("none", "unilateral", "bilateral")


def _cervical(nodes: Sequence[MetastaticNode], primary: Side | None) -> Words:
    """Sides with cervical nodes, retropharyngeal ones apart: none, unilateral, bilateral."""
    for_sure = [node for node in nodes if node.retropharyngeal == ene.NO]
    perhaps = [node for node in nodes if node.retropharyngeal != ene.YES]
    low, high = (_sides(here, primary) for here in (for_sure, perhaps))
    return frozenset(_CERVICAL_ORDER[low : high + 1])


def _sides(nodes: Sequence[MetastaticNode], primary: Side | None) -> int:
    seen = relative_side(nodes, primary)
    return {"none": 0, "bilateral": 2}.get(seen, 1)


_ENE_ORDER = ("none", "minor", "major")


def _worst(findings: Sequence[Words]) -> Words:
    """The worst of several findings, each of them known or not."""
    ranks = [[_ENE_ORDER.index(word) for word in finding] for finding in findings]
    low = max((min(rank) for rank in ranks), default=0)
    high = max((max(rank) for rank in ranks), default=0)
    return frozenset(_ENE_ORDER[low : high + 1])


def notes(nodes: Sequence[MetastaticNode], basis: Basis, *, primary_side: Side | None) -> list[str]:
    """Conventions that were applied to this neck, and sizes that it lacks, in words."""
    said = [
        f"node {number}: {note}"
        for number, node in enumerate(nodes, 1)
        for note in _of(node, basis)
    ]
    if any(node.side in (Side.LEFT, Side.RIGHT) for node in nodes) and primary_side is None:
        said.append("side of the primary tumour not stated: nodes of one side count as ipsilateral")
    return said


ANY_PENE: Words = frozenset({"none", "minor", "major"})


def _of(node: MetastaticNode, basis: Basis) -> Iterator[str]:
    size = "long_axis_mm" if basis is Basis.CLINICAL else "deposit_mm"
    if getattr(node, size) is None:
        yield f"{size} not recorded; any size is taken as possible"
    if node.side in (None, Side.MIDLINE):
        yield f"{node.side or 'side not stated'}, counted as ipsilateral (SEER EOD)"
    if node.cene_signs and node.cene == ene.NO:
        signs = ", ".join(sorted(node.cene_signs))
        yield f"clinical signs of ENE ({signs}) that imaging does not support: not counted"
    if node.iene_grade and node.iene().high < node.iene_grade:
        yield (
            f"imaging grade {node.iene_grade} read at a certainty of {node.iene_certainty:.0%}, "
            f"below {ene.CERTAINTY:.0%}: counted as grade 0"
        )
    if node.specimen in (ene.Specimen.CORE, ene.Specimen.FNA) and node.pene:
        yield f"pathological ENE is not told by a {node.specimen} (SEER EOD)"
    if node.specimen is ene.Specimen.SENTINEL and node.pathological_ene == ANY_PENE:
        yield "a sentinel node tells presence of ENE, not its absence (SEER EOD)"
    if node.matting is ene.Matting.FIBROSIS:
        yield "joined by fibrosis only, which is no matting (HN-CLEAR)"
