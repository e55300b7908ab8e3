"""Response of nodes to treatment: on PET, by size, and under the microscope."""

from typing import ClassVar, Literal

from pydantic import Field

from nodewise.criteria.findings import Findings, change, fact, ratio
from nodewise.criteria.rules import Fact, exactly


class Hopkins(Findings):
    """Hopkins score of the neck on FDG PET-CT, 5 to 24 weeks after treatment."""

    title: ClassVar[str] = "Hopkins"
    rules: ClassVar[str] = "hopkins"
    example: ClassVar[str] = "--pattern focal --uptake 'above liver'"

    pattern: Literal["focal", "diffuse"] | None = Field(None, description="pattern of uptake")
    uptake: Literal[
        "below jugular vein", "between jugular vein and liver", "above liver", "far above liver"
    ] | None = Field(None, description="uptake against jugular vein and liver")  # fmt: skip


class Deauville(Findings):
    """Deauville five-point scale."""

    title: ClassVar[str] = "Deauville"
    rules: ClassVar[str] = "deauville"
    example: ClassVar[str] = (
        "--related yes --new-lesion no --visible yes --suv 3.1 "
        "--mediastinum-suv 1.6 --liver-suv 2.2"
    )

    related: bool | None = Field(None, description="uptake is likely to be of the tumour")
    new_lesion: bool | None = Field(None, description="a new lesion")
    visible: bool | None = Field(None, description="uptake above background")
    suv: float | None = Field(None, ge=0, description="SUVmax of the lesion")
    mediastinum_suv: float | None = Field(None, gt=0, description="SUVmax of the mediastinum")
    liver_suv: float | None = Field(None, gt=0, description="SUVmax of the liver")

    def facts(self) -> dict[str, Fact]:
        """Uptake as multiples of mediastinum and liver."""
        flags = {name: fact(getattr(self, name)) for name in ("related", "new_lesion", "visible")}
        return flags | {
            "to_mediastinum": ratio(self.suv, self.mediastinum_suv),
            "to_liver": ratio(self.suv, self.liver_suv),
        }


class Percist(Findings):
    """PERCIST 1.0: SULpeak of the hottest lesion against the baseline."""

    title: ClassVar[str] = "PERCIST"
    rules: ClassVar[str] = "percist"
    example: ClassVar[str] = "--before 8 --after 5 --new-lesion no --background no"

    before: float | None = Field(None, ge=0, description="SULpeak at baseline")
    after: float | None = Field(None, ge=0, description="SULpeak now")
    new_lesion: bool | None = Field(None, description="a new lesion")
    background: bool | None = Field(
        None, description="below liver and indistinguishable from background"
    )
    tlg_change: float | None = Field(
        0, description="change of total lesion glycolysis, 0.75 = 75 %"
    )

    def facts(self) -> dict[str, Fact]:
        """Relative and absolute change of SULpeak."""
        known = self.before is not None and self.after is not None
        return {
            "new_lesion": fact(self.new_lesion),
            "background": fact(self.background),
            "tlg_change": fact(self.tlg_change),
            "change": change(self.before, self.after),
            "difference": exactly(round((self.after or 0) - (self.before or 0), 9))
            if known
            else None,
        }


class PercistMeasurable(Findings):
    """PERCIST 1.0: whether a lesion stands out enough from liver or blood pool at baseline."""

    title: ClassVar[str] = "PERCIST measurable"
    rules: ClassVar[str] = "percist_measurable"
    example: ClassVar[str] = "--sulpeak 4.1 --tissue liver --mean 2.0 --sd 0.3"

    sulpeak: float | None = Field(None, ge=0, description="SULpeak of the lesion")
    tissue: Literal["liver", "blood pool"] | None = Field(
        None, description="reference; the blood pool where the liver is diseased"
    )
    mean: float | None = Field(None, gt=0, description="mean SUL of the reference")
    sd: float | None = Field(None, ge=0, description="standard deviation of the reference")

    def facts(self) -> dict[str, Fact]:
        """How far the lesion lies above the threshold."""
        if self.sulpeak is None or self.tissue is None or self.mean is None or self.sd is None:
            return {"above_threshold": None}
        threshold = {"liver": 1.5, "blood pool": 2.0}[self.tissue] * self.mean + 2 * self.sd
        return {"above_threshold": exactly(round(self.sulpeak - threshold, 9))}


class PercistLiver(Findings):
    """PERCIST 1.0: whether the livers of two studies are alike enough to compare them."""

    title: ClassVar[str] = "PERCIST liver"
    rules: ClassVar[str] = "percist_liver"
    example: ClassVar[str] = "--first 2.0 --second 2.3"

    first: float | None = Field(None, gt=0, description="liver SUL of the first study")
    second: float | None = Field(None, gt=0, description="liver SUL of the second study")

    def facts(self) -> dict[str, Fact]:
        """Absolute gap, and its share of the first."""
        if self.first is None or self.second is None:
            return {"gap": None, "share": None}
        gap = round(abs(self.second - self.first), 9)
        return {"gap": exactly(gap), "share": exactly(round(gap / self.first, 9))}


class Eortc(Findings):
    """EORTC 1999 criteria of metabolic response."""

    title: ClassVar[str] = "EORTC"
    rules: ClassVar[str] = "eortc"
    example: ClassVar[str] = (
        "--before 8 --after 6 --cycles 1 --new-lesion no --resolved no --extent-change 0"
    )

    before: float | None = Field(None, ge=0, description="SUV at baseline")
    after: float | None = Field(None, ge=0, description="SUV now")
    cycles: int | None = Field(None, ge=1, description="cycles of treatment given")
    new_lesion: bool | None = Field(None, description="new uptake elsewhere")
    resolved: bool | None = Field(None, description="indistinguishable from normal tissue")
    extent_change: float | None = Field(
        None, description="change of the extent of uptake, 0.2 = 20 %"
    )

    def facts(self) -> dict[str, Fact]:
        """Relative change of SUV."""
        names = ("cycles", "new_lesion", "resolved", "extent_change")
        return {name: fact(getattr(self, name)) for name in names} | {
            "change": change(self.before, self.after)
        }


class RecistNode(Findings):
    """What RECIST 1.1 calls a node of this short axis."""

    title: ClassVar[str] = "RECIST node"
    rules: ClassVar[str] = "recist_node"
    example: ClassVar[str] = "--short-axis-mm 15"

    short_axis_mm: float | None = Field(None, ge=0, description="short axis, mm")


class Recist(Findings):
    """RECIST 1.1 response where nodes are targets: sums of short axes."""

    title: ClassVar[str] = "RECIST"
    rules: ClassVar[str] = "recist"
    example: ClassVar[str] = (
        "--baseline-mm 60 --nadir-mm 40 --now-mm 41 --largest-node-mm 12 "
        "--other-disease no --new-lesion no"
    )

    baseline_mm: float | None = Field(None, gt=0, description="sum of targets at baseline, mm")
    nadir_mm: float | None = Field(None, ge=0, description="smallest sum so far, mm")
    now_mm: float | None = Field(None, ge=0, description="sum now, mm")
    largest_node_mm: float | None = Field(
        None, ge=0, description="largest short axis of any node now, mm"
    )
    other_disease: bool | None = Field(None, description="disease outside nodes remains")
    new_lesion: bool | None = Field(None, description="a new lesion")

    def facts(self) -> dict[str, Fact]:
        """Changes of the sum from baseline and nadir."""
        known = self.now_mm is not None and self.nadir_mm is not None
        return {
            "from_baseline": change(self.baseline_mm, self.now_mm),
            "from_nadir": change(self.nadir_mm, self.now_mm),
            "increase_mm": exactly(round((self.now_mm or 0) - (self.nadir_mm or 0), 9))
            if known
            else None,
            "largest_node_mm": fact(self.largest_node_mm),
            "other_disease": fact(self.other_disease),
            "new_lesion": fact(self.new_lesion),
        }


class Irecist(Findings):
    """iRECIST: a progression on immunotherapy is unconfirmed until it is seen again."""

    title: ClassVar[str] = "iRECIST"
    rules: ClassVar[str] = "irecist"
    example: ClassVar[str] = "--recist PD --previous iUPD --weeks 6"

    recist: Literal["CR", "PR", "SD", "PD"] | None = Field(None, description="RECIST 1.1 now")
    previous: Literal["iUPD", "other"] | None = Field(None, description="iRECIST before")
    weeks: float | None = Field(None, ge=0, description="weeks since then")


class Regression(Findings):
    """What a node's histology says after neoadjuvant treatment, of then and of now."""

    title: ClassVar[str] = "Node regression"
    rules: ClassVar[str] = "regression_node"
    example: ClassVar[str] = "--viable 0 --regression yes"

    viable: float | None = Field(None, ge=0, le=1, description="viable share of the bed, 0-1")
    regression: bool | None = Field(None, description="signs of regression in the node")


class PathologicalResponse(Findings):
    """Pathological response from residual viable tumour (%RVT) of primary and nodes."""

    title: ClassVar[str] = "Pathological response"
    rules: ClassVar[str] = "pathological_response"
    example: ClassVar[str] = "--primary 0.05 --nodes 0"

    primary: float | None = Field(None, ge=0, le=1, description="viable share in the primary, 0-1")
    nodes: float | None = Field(None, ge=0, le=1, description="largest viable share in nodes, 0-1")


class TreatmentEffect(Findings):
    """pTR: share of the bed that shows treatment effect; the opposite of viable tumour."""

    title: ClassVar[str] = "pTR"
    rules: ClassVar[str] = "treatment_effect"
    example: ClassVar[str] = "--effect 0.5"

    effect: float | None = Field(None, ge=0, le=1, description="share with treatment effect, 0-1")


class RegistryEffect(Findings):
    """Treatment effect in the words of a registry (SEER)."""

    title: ClassVar[str] = "Registry effect"
    rules: ClassVar[str] = "registry_effect"
    example: ClassVar[str] = "--residual 'single cells or small groups'"

    residual: Literal[
        "none", "in situ alone", "single cells or small groups", "partial or minimal response",
        "poor or no response",
    ] | None = Field(None, description="tumour that is left")  # fmt: skip
