"""Commands that apply the field's rules: staging, scores, levels, eligibility."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from nodewise.cli.words import AS_JSON, FOLDER, at_work, example

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo

    from nodewise.criteria.findings import Findings

SITES = (
    "oral cavity", "oropharynx", "hypopharynx", "larynx", "nasopharynx", "sinonasal",
    "major salivary", "unknown primary",
)  # fmt: skip
RESULT = click.Choice(["positive", "negative", "unknown"])
P16 = click.Choice(["positive", "equivocal", "negative", "unknown"])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Stage(click.Command):
    """Takes its many options as one mapping."""

    def invoke(self, ctx: click.Context) -> None:
        """Print the category by the edition that is asked, or by each."""
        from nodewise.steps.staging import necks as staging

        given = ctx.params
        if not any(given[name] for name in ("compare", "year", "edition", "own")):
            raise click.UsageError("give --year, --edition, --table or --compare")
        if (given["nodes"] is None) != given["not_assessed"]:
            raise click.UsageError("give NODES, or --not-assessed for a neck that could not be")
        tumour = staging.tumour({name: given[name] for name in staging.TUMOUR})
        marks = {name: given[name] or "" for name in ("prefix", "procedure")}
        way = staging.Way(
            basis=given["basis"],
            year=given["year"],
            edition=given["edition"],
            own=given["own"],
            **marks,
        )
        ask = staging.compare if given["compare"] else staging.stage
        found = ask(given["nodes"], tumour, way)
        if given["as_json"]:
            click.echo(json.dumps([staging.record(one) for one in found]))
            return
        for line in staging.lines(found, tumour, explain=given["explain"]):
            click.echo(line)


@example(
    "nodewise stage nodes.csv --site oropharynx --p16 positive --year 2026 --explain",
    "nodewise stage nodes.csv --site larynx --primary-side left --compare",
    "nodewise stage nodes.csv --site larynx --table my-rules.csv --explain",
    "",
    "nodes.csv has one row per metastatic node; blank cells are unknown:",
    "  side,level,long_axis_mm,cene_signs,iene_grade,iene_certainty",
    "  left,IIA,24,none,2,0.9",
    "",
    "Columns, all optional: side, level, level_system, long_axis_mm, deposit_mm, below_cricoid,",
    "cene_signs (none, or of skin; muscle; fixation; cranial nerve; brachial plexus;",
    "sympathetic trunk; phrenic nerve), cene_supported (yes, no), iene_grade (0-3),",
    "iene_certainty (0-1), pene (none, minor, major, present), pene_mm, matting (none, tumour,",
    "fibrosis), specimen (resection, sentinel node, core biopsy, fine-needle aspirate).",
    "",
    "A table of your own has a row for each category, the first that fits deciding: answer, says,",
    "source, standing (F, F-code, K, D), confidence (H, M, L), and conditions on basis, count,",
    "side, cervical, largest_mm, below_cricoid, cene, iene, pene: words (a|b), bounds (>30 <=60)",
    "or any.",
)
@click.command(cls=_Stage)
@click.argument("nodes", type=FILE, required=False)
@click.option("--site", type=click.Choice(SITES), required=True, help="Site of the primary.")
@click.option("--p16", type=P16, default="unknown", show_default=True, help="p16 stain.")
@click.option("--hpv", type=RESULT, default="unknown", help="High-risk HPV test.")
@click.option("--ebv", type=RESULT, default="unknown", help="EBER in-situ hybridisation.")
@click.option(
    "--primary-side",
    "side",
    type=click.Choice(["left", "right", "midline"]),
    help="Side of the primary.",
)
@click.option("--basis", type=click.Choice(["clinical", "pathological"]), default="clinical")
@click.option(
    "--prefix",
    type=click.Choice(["y", "r", "a"]),
    help="y: after therapy; r: recurrence; a: autopsy.",
)
@click.option(
    "--procedure",
    type=click.Choice(["sn", "f"]),
    help="sn: sentinel nodes without dissection; f: needle alone; else from the specimens.",
)
@click.option("--not-assessed", is_flag=True, help="NX: the neck could not be assessed; no NODES.")
@click.option("--t", help="T category, for the stage group.")
@click.option("--m", help="M category, for the stage group.")
@click.option(
    "--year", type=int, help="Year of diagnosis: picks the AJCC edition, unless one is named."
)
@click.option(
    "--edition",
    type=click.Choice(["AJCC8", "UICC8", "AJCC9", "UICC9"]),
    help="Whose rules; AJCC9 is Version 9.",
)
@click.option("--table", "own", type=FILE, help="Your own table of N categories, a CSV file.")
@click.option("--compare", is_flag=True, help="Every edition that has rules for the disease.")
@click.option("--explain", is_flag=True, help="Show every row, every fact and every source.")
@AS_JSON
def stage() -> None:
    """Print the N category and stage group of the neck described in NODES."""


@example("nodewise ene --site larynx", "nodewise ene --site oropharynx --p16 positive --json")
@click.command()
@click.option("--site", type=click.Choice(SITES), required=True, help="Site of the primary.")
@click.option("--p16", type=P16, default="unknown", show_default=True, help="p16 stain.")
@AS_JSON
def ene(site: str, p16: str, as_json: bool) -> None:  # noqa: FBT001
    """Show what each finding of extranodal extension does to one neck, by every edition.

    The neck has a single ipsilateral node of 20 mm in level II; a column is an edition and a
    basis.
    """
    from nodewise.steps.staging import necks as staging

    found = staging.ene_effects(staging.tumour({"site": site, "p16": p16}))
    if as_json:
        click.echo(json.dumps(found))
        return
    for line in staging.effect_lines(found):
        click.echo(line)


class _Score(click.Command):
    """One score: an option for every finding."""

    def __init__(self, name: str, findings: "type[Findings]") -> None:
        flags = {
            "--explain": "Show every row, every fact and every source.",
            "--json": "Print JSON at full precision.",
        }
        super().__init__(
            name,
            params=[
                *(_option(field, about) for field, about in findings.model_fields.items()),
                *(click.Option([flag], is_flag=True, help=says) for flag, says in flags.items()),
                click.Option(["--table"], type=FILE, help="Score every row of a CSV file instead."),
            ],
            help=findings.__doc__,
        )
        self.findings = findings
        example(f"nodewise score {name} {findings.example}")(self)

    def invoke(self, ctx: click.Context) -> None:
        """Print what the score's table says of the findings."""
        from nodewise.steps.staging import necks as staging

        given = dict(ctx.params)
        as_json, explain, table = (given.pop(name) for name in ("json", "explain", "table"))
        if table:
            _print_rows(staging.scored(self.findings, table), as_json=as_json)
            return
        found = staging.findings(self.findings, given)
        if as_json:
            click.echo(json.dumps(staging.decision_record(found.decide())))
            return
        for line in staging.score_lines(found, explain=explain):
            click.echo(line)


def _print_rows(rows: "Sequence[Mapping[str, Any]]", *, as_json: bool) -> None:
    """Rows as CSV, or as JSON."""
    if as_json:
        click.echo(json.dumps(rows))
    elif rows:
        text = io.StringIO()
        shown = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        shown.writeheader()
        shown.writerows(rows)
        click.echo(text.getvalue(), nl=False)


def _option(field: str, about: "FieldInfo") -> click.Option:
    return click.Option(
        [f"--{field.replace('_', '-')}"],
        type=_kind(about.annotation),
        default=about.default,
        show_default=about.default is not None,
        help=about.description,
    )


def _kind(annotation: Any) -> Any:
    """What an option takes: one of some words, a number, or yes and no."""
    for part in get_args(annotation) or (annotation,):
        if get_origin(part) is Literal:
            return click.Choice(get_args(part))
        if part in (float, int):
            return part
    return click.Choice(get_args(annotation) if get_origin(annotation) is Literal else _YES_NO)


_YES_NO = ("yes", "no")


class _Scores(click.Group):
    """A command for every score."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Scores by name."""
        from nodewise.criteria.scores import SCORES

        return list(SCORES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one score."""
        from nodewise.criteria.scores import SCORES

        return _Score(cmd_name, SCORES[cmd_name]) if cmd_name in SCORES else None


@example(
    "nodewise score node-rads --short-axis-mm 12 --long-axis-mm 18 --texture heterogeneous \\",
    "    --border smooth --shape 'hilum preserved'",
    "nodewise score recist-node --short-axis-mm 12",
    "nodewise score recist-node --table nodes.csv",
    "nodewise score node-rads --help",
)
@click.group(cls=_Scores)
def score() -> None:
    """Score a node or a response; each score lists its findings with --help."""


@example(
    "nodewise recist nodes.csv",
    "",
    "nodes.csv: participant, week (the earliest is the baseline), node, short_axis_mm, and where",
    "known new_lesion and other_disease (yes or no, of the visit).",
)
@click.command()
@click.argument("nodes", type=FILE)
@AS_JSON
def recist(nodes: Path, *, as_json: bool) -> None:
    """Follow nodes by RECIST 1.1 and iRECIST: targets, sums, and the response at every visit."""
    from nodewise.steps.staging import responding

    _print_rows(responding.responses(nodes), as_json=as_json)


@example(
    "nodewise eligible mystudy",
    "nodewise eligible mystudy --by-rule",
    "nodewise eligible mystudy --protocol 2",
    "nodewise eligible mystudy --version other-trial.toml",
)
@click.command()
@click.argument("study", type=FOLDER)
@click.option("--version", type=FILE, help="Rules of another trial file.")
@click.option("--protocol", help="Ask everyone the rules of this version of the protocol.")
@click.option("--by-rule", is_flag=True, help="A table of the rules instead, as CSV.")
@AS_JSON
def eligible(
    study: Path, *, version: Path | None, protocol: str | None, by_rule: bool, as_json: bool
) -> None:
    """Say who in STUDY is included, excluded and by which rule, or undecided for want of a fact."""
    from nodewise.steps import eligibility

    with at_work(study) as work:
        found = eligibility.candidates(work, version, protocol=protocol)
    if by_rule:
        _print_rows(eligibility.by_rule(found), as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps([eligibility.record(one) for one in found]))
        return
    for one in found:
        click.echo(f"{one.participant}  {one.arm:<10}  {one.status:<9}  {one.why}".rstrip())
    for line in (*eligibility.boxes(found), *eligibility.by_version(found)):
        click.echo(line)


@example(
    "nodewise consequences nodes.csv patients.csv",
    "nodewise consequences nodes.csv patients.csv --each",
    "",
    "nodes.csv has one row per metastatic node: patient, basis (clinical or pathological) and the",
    "columns of 'nodewise stage'; patients.csv has patient, site, p16, hpv, ebv, side, t, m,",
    "margin (positive or negative, of the resected primary), and 'no' in a column clinical or",
    "pathological where a neck was not examined on that basis.",
)
@click.command()
@click.argument("nodes", type=FILE)
@click.argument("patients", type=FILE)
@click.option("--each", is_flag=True, help="Print every patient's categories as CSV instead.")
@AS_JSON
def consequences(nodes: Path, patients: Path, each: bool, as_json: bool) -> None:  # noqa: FBT001
    """Count whose N category, stage or risk group extranodal extension changes, by every edition.

    The clinical category without imaging's extension, the clinical category as the edition has
    it, and the pathological category of the same patients are compared pair by pair; so is the
    adjuvant risk group of the trials. Counts of patients, never a treatment.
    """
    from nodewise.steps.staging import consequences as steps

    neck = steps.read(nodes, patients)
    if each:
        _print_rows(steps.each(neck), as_json=as_json)
        return
    found = steps.shifts(neck)
    if as_json:
        click.echo(json.dumps([steps.record(shift) for shift in found]))
        return
    for line in steps.lines(found):
        click.echo(line)


@example(
    "nodewise ene-readers answers.csv truth.csv --unit side",
    "",
    "answers.csv: participant, side, node, modality, reader, grade (0-3), certainty (0-1); without",
    "a column reader each modality has one reading, a consensus;",
    "truth.csv: participant, side, node, and pene, pene_mm or matting.",
)
@click.command("ene-readers")
@click.argument("answers", type=FILE)
@click.argument("truth", type=FILE)
@click.option("--unit", type=click.Choice(["node", "side", "patient"]), default="node")
@click.option(
    "--certainty",
    type=click.FloatRange(0, 1),
    default=0.75,
    show_default=True,
    help="Certainty from which a grade counts.",
)
@AS_JSON
def ene_readers(answers: Path, truth: Path, unit: Any, certainty: float, as_json: bool) -> None:  # noqa: FBT001
    """Compare readers' grades of extranodal extension with pathology.

    Sensitivity and specificity at grade 1, 2 and 3 for every reader and modality, modalities
    against each other over readers and patients and in pairs within each reader, and agreement by
    certainty.
    """
    from nodewise.steps.staging import extension
    from nodewise.steps.staging.extension_pairs import pairs

    study = extension.read(answers, truth, unit=unit)
    lines = [
        *extension.accuracy(study, certainty=certainty),
        *extension.comparison(study, certainty=certainty),
        *pairs(study, certainty=certainty),
        *extension.agreed(study),
    ]
    if as_json:
        click.echo(json.dumps([extension.record(line) for line in lines]))
        return
    click.echo(
        f"{len(study.units)} {unit}s, {int(study.truth.sum())} with pathological extension; "
        f"{study.unverified} read that pathology does not tell"
    )
    for line in lines:
        click.echo(extension.text(line))
