"""Match simulated nodes to specimens and write docs/matching.md: how often a reference is wrong."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodewise.anatomy import RegionKind, superlevel
from nodewise.nodes import size as measured
from nodewise.simulate import scanner
from nodewise.simulate.contours import drawn
from nodewise.simulate.neck import CELL
from nodewise.simulate.nodes import Lump
from nodewise.simulate.people import Person
from nodewise.simulate.specimens import Report, report
from nodewise.simulate.studies import STUDIES
from nodewise.stats import auc
from nodewise.steps.work import code_version
from nodewise.trial import SpecimenSize, Trial, load
from nodewise.truth import Confidence, Dissection, ImageNode, Match, SpecimenNode, match
from nodewise.truth.sizes import fits
from nodewise.volume import Grid

PATIENTS, SEEDS = 100, (1, 2, 3, 4)
DRAWN_ON = {"mpmri": "dwi", "uspio": "t2w", "ene": "ct"}  # t2w: the grid of the multi-echo series
TOLERANCES = {
    "sizes not compared": None,
    "50 to 140 %, 5 mm": SpecimenSize(least=0.5, greatest=1.4, margin_mm=5.0),
    "**70 to 110 %, 3 mm**": SpecimenSize(least=0.7, greatest=1.1, margin_mm=3.0),
    "75 to 100 %, 2 mm": SpecimenSize(least=0.75, greatest=1.0, margin_mm=2.0),
}
USED = "**70 to 110 %, 3 mm**"


PAGE = """# Which node on the image is which node of the specimen

A node on the image gets the pathologist's answer in one of these ways, and the report counts each.

| confidence | when |
|---|---|
| `exact` | surgeon or pathologist linked it to a specimen node of its side |
| `level-unique` | whichever specimen node left in its level it is, the answer is the same, and \
a specimen of its size is there |
| `ambiguous` | both kinds are left in its level, or fewer specimen nodes than image \
nodes, or counts are missing or contradict what is described |
| `ambiguous-size` | all that is left is of one kind, but too few of it are of the node's size: \
its own may never have arrived |
| `none` | its level, or its very sublevel where sublevels are told apart, was not dissected \
or is unknown |

"Left" are the nodes counted in the level less those that somebody linked, wherever these lie on the
image. Ambiguous nodes and nodes without a reference leave the analysis by node, and the flow counts
them; level, side and patient keep their reference, which hangs on pathology alone. Two links that
say different things of one drawn node, or a label that two nodes bear, are not followed, and are
listed among the problems.

## Size takes a reference away

The trial file says how large the specimen node of a node on the image may be:

```toml
[reference]
specimen_size = {{ least = 0.7, greatest = 1.1, margin_mm = 3.0 }}
```

A specimen node fits when its greatest diameter lies between `least · a − margin_mm` and `greatest ·
a + margin_mm`, `a` being the longest diameter on the image in any direction: 18 to 36 mm for a node
of 30 mm, 4 to 14 mm for one of 10 mm. As many image nodes as possible get a specimen node each,
none of them twice; an image node keeps the level's answer only if it gets one in every such way.
Where two nodes of 28 mm share one specimen of that size, neither does. An unknown size fits any:
where the image's is unknown, or nodes were counted and not described, the level decides alone and
the reason says so. Without the key, as in trial files up to version 0.3.0, no sizes are compared,
and what was frozen stays as it was.

The numbers are a convention, confidence medium, chosen with simulations like the one below in view,
though not for the fewest errors there. After
formalin pelvic nodes of 19 patients measured 0.88 (mean; median 0.8) of what they measured fresh
("The effect of formalin fixation on the size of pelvic sidewall lymph nodes", read in its abstract
alone); renal tumours were 12 % larger on images than fresh (Tran, J Cancer 2015;6:759,
doi:10.7150/jca.12094); neither is about nodes of the neck. A cut beside the longest axis shows
less of a node, fat left on it more, and the margin is about a slice. The sizes on the image are
those of the index visit: where treatment comes between it and surgery, leave the key out.

## Size gives none

Where a node of 28 mm and one of 7 mm meet a metastatic specimen of 27 mm and a benign one of 6 mm,
the pairing seems plain, and still gives no reference. Metastatic nodes are larger: pairs would be
had where size tells the two apart, so that easy nodes come in and hard ones stay out; and the
reference would hang on the image that it is to judge, by its size or by whatever goes with size. In
the simulation such pairs err oftener than levels of one kind and lift the AUC of size above that of
all nodes (last table). Whoever knows that two nodes are one links them on the matching board, which
shows sizes and no histology: that is `exact`.

The veto hangs on size too, and leaves out large nodes of benign levels more than others. In the
simulation that mends more than it spoils: the AUC of size itself, the test that it could favour
most, comes nearer to that of all nodes (last table).

## How often a reference is wrong

`make docs` wrote this with nodewise {version}: {patients} simulated patients of each study in
{seeds} cohorts, drawn on the study's own voxels (readers err by a voxel). The simulation assumes
that 94 % of the nodes of a dissected level arrive, that 3 % are named by the neighbouring level,
that specimens measure 82 to 95 % of the node, and the share of nodes that is linked. Wrong is a
level-unique node that is not what its reference says.

| study | specimen size | nodes drawn where dissected | exact | level-unique | benign, wrongly | \
metastatic, wrongly | wrong / % (least to greatest of {seeds} seeds) | ambiguous | of these by \
size | of these rightly: their own was lost |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{rules}

Before sizes were compared (0.3.0 as released), matching also took a linked specimen for one of the
level where it lay on the image, and IIB for dissected where IIA was. On the same cohorts it called
22 of 630 level-unique nodes wrongly (3.5 %; mpMRI), 32 of 309 (10.4 %; USPIO) and 45 of 288 (15.6
%; ENE), and gave 29, 19 and 12 nodes a reference that nobody had taken out.

What is left is a node that never arrived and whose level holds another specimen of its size: no
rule on sizes finds it, a link does. Exact nodes are right here because the simulated surgeon never
errs; a real one does.

Of the nodes that stay ambiguous, those for which every specimen node of their size in the level is
of one kind could be paired by size; the AUC is that of the longest diameter on the image.

| study | could be paired | of these wrongly | AUC, all drawn, truth | with a reference, sizes not \
compared | with a reference, 70 to 110 %, 3 mm | and paired by size |
|---|---:|---:|---:|---:|---:|---:|
{sized}

*Written by `make docs`; edit `docs/matching.py` instead.*
"""


@dataclass(frozen=True, slots=True)
class Neck:
    """One simulated participant: what is drawn, what pathology reports, and what is true."""

    images: Sequence[ImageNode]
    report: Report
    truth: dict[str, Lump]

    def matches(self, size: SpecimenSize | None) -> list[Match]:
        """As `nodewise match` makes them, at this tolerance."""
        return match(self.images, self.described, self.dissected, size=size)

    @property
    def described(self) -> list[SpecimenNode]:
        """What the pathologist described."""
        names = ("side", "level", "metastatic", "image_label", "specimen_size_mm")
        return [
            SpecimenNode(name=row["specimen_node"], **{name: row[name] for name in names})
            for row in self.report.described
        ]

    @property
    def dissected(self) -> list[Dissection]:
        """What the pathologist counted."""
        return [
            Dissection(
                side=row["side"],
                level=row["level"],
                examined=row["nodes_examined"],
                positive=row["nodes_positive"],
            )
            for row in self.report.dissections
        ]

    @property
    def arrived(self) -> set[str]:
        """Labels of drawn nodes that reached the pathologist."""
        return {row["label"] for row in self.report.truth}


def main() -> None:
    """Write the page."""
    cohorts = {(name, seed): cohort(name, seed) for name in DRAWN_ON for seed in SEEDS}
    page = PAGE.format(
        version=code_version(),
        patients=PATIENTS * len(SEEDS),
        seeds=len(SEEDS),
        rules="\n".join(rules(cohorts)),
        sized="\n".join(by_size(cohorts)),
    )
    (Path(__file__).parent / "matching.md").write_text(page, encoding="utf-8")


def cohort(name: str, seed: int) -> list[Neck]:
    """Participants of a trial as they are drawn and operated on; nothing is imaged."""
    trial = load(name)
    return [neck(trial, number, seed=seed) for number in range(1, PATIENTS + 1)]


def neck(trial: Trial, number: int, *, seed: int) -> Neck:
    """One participant, drawn on the trial's own grid of voxels."""
    rng = np.random.default_rng([seed, number])
    study = STUDIES[frozenset(arm.name for arm in trial.arm)]
    person = study.person(number, tuple(each.name for each in trial.sequence), rng)
    told = report(person.lumps, person.dissection, rng)
    truth = {lump.label: lump for lump in person.lumps if lump.kind is RegionKind.NODE}
    return Neck(images(person, DRAWN_ON[trial.id], rng), told, truth)


def images(person: Person, kind: str, rng: np.random.Generator) -> list[ImageNode]:
    """The nodes that a reader drew, with the size that they have on the image."""
    spacing = CELL * np.array(scanner.block(kind))
    contours = drawn(person.lumps, np.zeros((1, 1, 1), np.uint8), kind=kind, rng=rng)
    return [
        ImageNode(
            region=each.label,
            label=each.label,
            side=str(each.meaning.side),
            level=each.meaning.level,
            long_axis_mm=measured(
                each.mask, Grid(each.mask.shape, np.diag([*spacing, 1.0]))
            ).long_axis_mm,
        )
        for each in contours
        if each.meaning.kind is RegionKind.NODE
    ]


def rules(cohorts: dict[tuple[str, int], list[Neck]]) -> Iterator[str]:
    """What comes of each tolerance, by study."""
    for study in DRAWN_ON:
        for title, size in TOLERANCES.items():
            seeds = [counts(cohorts[study, seed], size) for seed in SEEDS]
            all_ = sum(seeds, Counter())
            wrong = [
                100 * (each["benign"] + each["metastatic"]) / each["by level"] for each in seeds
            ]
            mean = 100 * (all_["benign"] + all_["metastatic"]) / all_["by level"]
            yield (
                f"| {study} | {title} | {all_['drawn']} | {all_['exact']} | {all_['by level']} "
                f"| {all_['benign']} | {all_['metastatic']} "
                f"| {mean:.1f} ({min(wrong):.1f} to {max(wrong):.1f}) "
                f"| {all_['lost']} | {all_['by size']} | {all_['rightly']} |"
            )


def counts(necks: Sequence[Neck], size: SpecimenSize | None) -> Counter[str]:
    """Drawn nodes of dissected levels by what became of them."""
    found: Counter[str] = Counter()
    for each in necks:
        for one in each.matches(size):
            if one.image and one.confidence != Confidence.NONE:
                found.update(_fates(one, each))
    return found


def _fates(one: Match, neck: Neck) -> Iterator[str]:
    """What is to be counted of one drawn node."""
    label = one.image.label if one.image else ""
    yield "drawn"
    if one.confidence == Confidence.EXACT:
        yield "exact"
    elif one.metastatic is None:
        yield "lost"
        if one.confidence == Confidence.AMBIGUOUS_SIZE:
            yield "by size"
            if label not in neck.arrived:
                yield "rightly"
    else:
        yield "by level"
        if one.metastatic != neck.truth[label].metastatic:
            yield "metastatic" if one.metastatic else "benign"


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn node: patient, size, what it is, its reference, and what its size would say."""

    patient: int
    size: float
    truth: bool
    answer: bool | None
    paired: bool | None


def nodes(neck: Neck, size: SpecimenSize | None) -> Iterator[Node]:
    """Drawn nodes of dissected levels; ambiguous ones are also paired by size."""
    found = neck.matches(size)
    linked = {one.specimen.name for one in found if one.specimen and one.image}
    free = [node for node in neck.described if node.name not in linked]
    for one in found:
        if one.image and one.confidence != Confidence.NONE:
            doubtful = one.confidence == Confidence.AMBIGUOUS
            yield Node(
                patient=id(neck),
                size=one.image.long_axis_mm or 0.0,
                truth=bool(neck.truth[one.image.label].metastatic),
                answer=one.metastatic,
                paired=_of_its_size(one.image, free) if doubtful else one.metastatic,
            )


def by_size(cohorts: dict[tuple[str, int], list[Neck]]) -> Iterator[str]:
    """How often pairing by size would err, and what each choice does to the AUC of size."""
    for study in DRAWN_ON:
        necks = [each for seed in SEEDS for each in cohorts[study, seed]]
        before = [node for each in necks for node in nodes(each, None)]
        after = [node for each in necks for node in nodes(each, TOLERANCES[USED])]
        more = [node for node in after if node.answer is None and node.paired is not None]
        wrong = sum(node.paired != node.truth for node in more)
        columns = [
            auc_of_size([(node, node.truth) for node in before]),
            auc_of_size([(node, node.answer) for node in before]),
            auc_of_size([(node, node.answer) for node in after]),
            auc_of_size([(node, node.paired) for node in after]),
        ]
        share = 100 * wrong / len(more)
        yield f"| {study} | {len(more)} | {wrong} ({share:.0f} %) | {' | '.join(columns)} |"


def _of_its_size(image: ImageNode, specimens: Sequence[SpecimenNode]) -> bool | None:
    """Whether the level's specimen nodes of a node's size are all metastatic; None: of both."""
    kinds = {
        node.metastatic
        for node in specimens
        if (node.side, superlevel(str(node.level))) == (image.side, superlevel(str(image.level)))
        and fits(image.long_axis_mm, node.specimen_size_mm, TOLERANCES[USED])
    }
    return kinds.pop() if len(kinds) == 1 else None


def auc_of_size(nodes: Sequence[tuple[Node, bool | None]]) -> str:
    """AUC of the size on the image for nodes and their answers, where there is one."""
    known = [(node, answer) for node, answer in nodes if answer is not None]
    found = auc(
        [node.size for node, _ in known],
        [answer for _, answer in known],
        [node.patient for node, _ in known],
        direction="higher",
    )
    return f"{found.value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
