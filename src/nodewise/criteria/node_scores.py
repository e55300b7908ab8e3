"""Scores of a node as it looks: Node-RADS, NI-RADS, USPIO rules, size, enhancement patterns."""

from typing import ClassVar, Literal

from pydantic import Field

from nodewise.criteria.findings import Findings, fact
from nodewise.criteria.rules import Fact, Span, table

Region = Literal[
    "default", "inguinal", "facial", "parotid", "retroauricular", "occipital", "retropharyngeal",
    "anterior jugular", "retrocrural", "cardiophrenic", "mesenteric", "obturator", "mesorectal",
]  # fmt: skip
Texture = Literal[
    "homogeneous", "heterogeneous", "focal necrosis", "gross necrosis", "new necrosis",
    "entity-specific",
]  # fmt: skip
Shape = Literal["hilum preserved", "bean or oval without hilum", "spherical without hilum"]

_TEXTURE = {
    "homogeneous": 0, "heterogeneous": 1, "focal necrosis": 2, "gross necrosis": 3,
    "new necrosis": 3, "entity-specific": 3,
}  # fmt: skip
_BORDER = {"smooth": 0, "irregular or ill-defined": 1}
_SHAPE = {"hilum preserved": 0, "bean or oval without hilum": 0, "spherical without hilum": 1}


class NodeRads(Findings):
    """Node-RADS 1.0: size against configuration (texture + border + shape), contrast CT or MRI.

    Source:
        Elsholtz 2021, Eur Radiol 31:6116.
    """

    title: ClassVar[str] = "Node-RADS"
    rules: ClassVar[str] = "node_rads"
    example: ClassVar[str] = (
        "--short-axis-mm 12 --long-axis-mm 18 --texture 'focal necrosis' "
        "--border smooth --shape 'hilum preserved'"
    )

    short_axis_mm: float | None = Field(None, gt=0, description="short axis, axial, mm")
    long_axis_mm: float | None = Field(None, gt=0, description="longest axis in any plane, mm")
    growth_mm: float | None = Field(
        0, description="growth since the previous study, mm; 0 without one"
    )
    region: Region = Field("default", description="region, for its cut-off")
    texture: Texture | None = Field(None, description="texture")
    border: Literal["smooth", "irregular or ill-defined"] | None = Field(None, description="border")
    shape: Shape | None = Field(None, description="shape and fatty hilum")

    def facts(self) -> dict[str, Fact]:
        """Longest axis, whether enlarged for its region, and the configuration's points."""
        size = {name: fact(getattr(self, name)) for name in ("region", "short_axis_mm")}
        enlarged = table("node_rads_size").decide(size | {"growth_mm": fact(self.growth_mm)})
        return {
            "long_axis_mm": fact(self.long_axis_mm),
            "enlarged": frozenset(enlarged.answers),
            "configuration": self.configuration,
        }

    @property
    def configuration(self) -> Span:
        """Points of texture, border and shape, 0 to 5; a range where one is not recorded."""
        parts = (_TEXTURE, self.texture), (_BORDER, self.border), (_SHAPE, self.shape)
        given = [
            (points[word], points[word]) if word else (0, max(points.values()))
            for points, word in parts
        ]
        return Span(sum(low for low, _ in given), sum(high for _, high in given))


class NiRads(Findings):
    """NI-RADS category of the neck in surveillance, CT, PET-CT or MRI; not during treatment."""

    title: ClassVar[str] = "NI-RADS neck"
    rules: ClassVar[str] = "ni_rads_neck"
    example: ClassVar[str] = (
        "--phase surveillance --prior compared --assessable yes --proven no --progression no "
        "--uptake intense"
    )

    phase: Literal["surveillance", "during treatment"] | None = Field(None, description="when")
    assessable: bool | None = Field(None, description="the neck can be assessed")
    prior: Literal["compared", "none", "pending"] | None = Field(
        None, description="the previous study"
    )
    proven: bool | None = Field(None, description="recurrence proven by pathology")
    progression: bool | None = Field(None, description="definite, on imaging and clinically")
    uptake: Literal["none", "mild or moderate", "intense"] | None = Field(
        None, description="FDG uptake"
    )
    enhancement: Literal["low", "persistent heterogeneous", "increased"] | None = Field(
        None, description="enhancement of residual tissue"
    )
    node: Literal["none", "new or enlarging", "definitely enlarged"] | None = Field(
        None, description="abnormal node"
    )
    morphology: Literal["not definitive", "definitive"] | None = Field(
        None, description="definitive: necrosis, cyst, irregular border, gross ENE"
    )
    discordance: bool | None = Field(None, description="PET and MRI disagree")
    tumour_avid: bool | None = Field(None, description="the original tumour took up FDG")


class UspioLipid(Findings):
    """USPIO-enhanced T2*: the node's signal against fat, 24 to 36 h after ferumoxtran-10."""

    title: ClassVar[str] = "USPIO lipid rule"
    rules: ClassVar[str] = "uspio_lipid"
    example: ClassVar[str] = "--signal 'below lipid'"

    signal: Literal["complete attenuation", "below lipid", "as lipid", "above lipid"] | None = (
        Field(None, description="signal of the node, T2*-weighted")
    )


class UspioPattern(Findings):
    """USPIO pattern by name; published letters clash and are not used."""

    title: ClassVar[str] = "USPIO pattern"
    rules: ClassVar[str] = "uspio_pattern"
    example: ClassVar[str] = "--pattern 'dark rim with bright centre'"

    pattern: Literal[
        "homogeneously dark", "dark with bright fatty hilum", "partly bright",
        "dark rim with bright centre", "unchanged",
    ] | None = Field(None, description="signal pattern after USPIO")  # fmt: skip


class AxialSize(Findings):
    """Short axis in the axial plane, CT or MRI, against the cut-off of its level."""

    title: ClassVar[str] = "Axial size"
    rules: ClassVar[str] = "size_axial"
    example: ClassVar[str] = "--level II --short-axis-mm 11"

    level: Literal["II", "retropharyngeal", "other"] | None = Field(None, description="level")
    short_axis_mm: float | None = Field(None, gt=0, description="short axis, axial, mm")


class MaximalSize(Findings):
    """Greatest axial diameter against the older rule's cut-off."""

    title: ClassVar[str] = "Maximal size"
    rules: ClassVar[str] = "size_maximal"
    example: ClassVar[str] = "--level 'I or II' --long-axis-mm 15"

    level: Literal["I or II", "other"] | None = Field(None, description="level")
    long_axis_mm: float | None = Field(None, gt=0, description="longest axis, axial, mm")


class Grouping(Findings):
    """Whether contiguous borderline nodes are suspicious as a group, CT or MRI."""

    title: ClassVar[str] = "Grouping"
    rules: ClassVar[str] = "size_grouping"
    example: ClassVar[str] = "--level other --count 3 --short-axis-mm 8"

    level: Literal["II", "other"] | None = Field(None, description="level")
    count: int | None = Field(None, ge=1, description="contiguous nodes of about that size")
    short_axis_mm: float | None = Field(None, gt=0, description="short axis of the largest, mm")


class UltrasoundSize(Findings):
    """Short axis on ultrasound in the clinically negative neck."""

    title: ClassVar[str] = "Ultrasound size"
    rules: ClassVar[str] = "size_ultrasound"
    example: ClassVar[str] = "--level other --short-axis-mm 6"

    level: Literal["II", "other"] | None = Field(None, description="level")
    short_axis_mm: float | None = Field(None, gt=0, description="short axis, mm")


class CeusArrival(Findings):
    """Direction in which ultrasound contrast enters a node."""

    title: ClassVar[str] = "CEUS arrival"
    rules: ClassVar[str] = "ceus_arrival"
    example: ClassVar[str] = "--arrival centripetal"

    arrival: Literal["centrifugal", "centripetal", "mixed"] | None = Field(
        None, description="from hilum outwards, from capsule inwards, or both"
    )


class CeusEnhancement(Findings):
    """How evenly a node enhances with ultrasound contrast."""

    title: ClassVar[str] = "CEUS enhancement"
    rules: ClassVar[str] = "ceus_enhancement"
    example: ClassVar[str] = "--enhancement heterogeneous"

    enhancement: Literal["homogeneous", "heterogeneous", "absent"] | None = Field(
        None, description="distribution of contrast at its peak"
    )


class TicYabuuchi(Findings):
    """Type of the time-intensity curve by Yabuuchi's scheme; other schemes use the same letters."""

    title: ClassVar[str] = "TIC type"
    rules: ClassVar[str] = "tic_yabuuchi"
    example: ClassVar[str] = "--enhances yes --time-to-peak 45 --washout 0.35"

    enhances: bool | None = Field(None, description="the curve rises")
    time_to_peak: float | None = Field(None, ge=0, description="time to peak, s")
    washout: float | None = Field(None, description="wash-out at 5 min, 0-1")


class TicPeakTime(Findings):
    """Type of the time-intensity curve by the time of its peak, five letters."""

    title: ClassVar[str] = "TIC peak-time type"
    rules: ClassVar[str] = "tic_peak_time"
    example: ClassVar[str] = "--shape peak --time-to-peak 45"

    shape: Literal["peak", "gradual", "flat"] | None = Field(None, description="form of the curve")
    time_to_peak: float | None = Field(None, ge=0, description="time to peak, s")


def washout(before: float, peak: float, late: float) -> float:
    """Wash-out, the share of the rise that is lost: (peak - late) / (peak - before).

    >>> washout(100, 300, 240)
    0.3
    """
    return round((peak - late) / (peak - before), 9)
