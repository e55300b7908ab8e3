"""The methods, made from the trial file, with versions, hashes and seeds."""

from collections.abc import Sequence

from nodewise.report.accuracy import interval_methods
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import UNITS, counted, cutoff, sentence, whole
from nodewise.trial import SIZE, Analysis, Map, ReaderTest, Test, named


def paragraphs(study: Study) -> list[tuple[str, str]]:
    """Methods text: a heading and sentences each."""
    trial = study.trial
    told = [
        ("Design", sentence(trial.design) + _registered(trial.registrations)),
        ("Regions", _regions(study)),
        ("Index tests", _tests(study)),
        ("Reference standard", _reference(study)),
        ("Analyses", " ".join(_analysis(each) for each in trial.analysis)),
        ("Statistics", _statistics(study)),
    ]
    return [(heading, sentence(text)) for heading, text in told]


def _registered(names: Sequence[str]) -> str:
    return f" Registered as {', '.join(names)}" if names else " Not registered"


def _regions(study: Study) -> str:
    drawn = {str(row["drawn_by"]) for row in study.rows("regions") if row["drawn_by"]}
    who = f" Regions were drawn: {', '.join(sorted(drawn)).lower()}." if drawn else ""
    return (
        f"Each drawn region was measured over its whole mask. The shell of tissue around it is "
        f"{study.trial.shell_mm:g} mm wide.{who}"
    )


def _tests(study: Study) -> str:
    frozen = [test for test in study.trial.tests if test.role == "confirmatory"]
    others = [test for test in study.trial.tests if test.role == "exploratory"]
    rest = [test.title for test in others if test.value == "unknown"]
    tried = [f"{test.title} {cutoff(test)}" for test in others if test.value != "unknown"]
    says = [f"{test.title} is called positive when {cutoff(test)}" for test in frozen]
    opened = study.provenance.truth_opened
    when = f" The truth was opened on {opened}." if opened else " The truth has not been opened."
    explored = f" Explored at a cut-off: {'; '.join(tried)}." if tried else ""
    explored += f" Explored without a cut-off: {', '.join(rest)}." if rest else ""
    return (
        f"{'; '.join(says) or 'No test has a frozen cut-off'}. Cut-offs stand in the trial file "
        f"and were frozen before index test and reference were brought together.{when}{explored}"
    )


def _reference(study: Study) -> str:
    reference = study.trial.reference
    return (
        f"{sentence(reference.title)} Levels are named after {reference.level_system.value}. "
        f"Surgery at most {reference.maximum_interval_days} days after imaging. "
        f"{sentence(reference.standing)}"
    )


def _analysis(analysis: Analysis) -> str:
    kinds = ", ".join(UNITS[unit][0] for unit in analysis.units)
    among = "" if analysis.among == "all" else f" Nodes alone that were {analysis.among}."
    return (
        f"{sentence(analysis.title)} Target condition: {analysis.target}. "
        f"Counted by {kinds}; family {analysis.family}.{among}"
    )


def _statistics(study: Study) -> str:
    rule = study.trial.multiplicity
    return (
        f"Several nodes of one patient are not independent, so intervals are clustered by patient. "
        f"Methods: {interval_methods(study)}. "
        f"Multiplicity: {rule.method.capitalize()}, {rule.says}. "
        "Nothing was imputed; units without a value or without a reference are counted and left "
        "out. A level, side or patient with a node without a value is left out whatever its other "
        "nodes say, as to keep the positive ones alone would favour them; beside the estimate "
        "stand its ends, with every such unit counted as wrong and as right (Schuetz et al., BMJ "
        "2012;345:e6717), and a unit that another node makes positive as positive in both"
    )


def visit_sheet(study: Study) -> Sheet:
    """Visits with their windows."""
    return Sheet(
        caption="Visits and the days in which imaging counts for them.",
        head=["Visit", "First day", "Last day", "Counted from", "Optional", "Standing"],
        rows=[
            [
                visit.name,
                whole(visit.from_day),
                whole(visit.to_day),
                visit.anchor,
                "yes" if visit.optional else "no",
                sentence(visit.standing),
            ]
            for visit in study.trial.visit
        ],
        long=True,
    )


def map_sheet(study: Study) -> Sheet:
    """Signal models, what they were fitted to, and where they come from."""
    return Sheet(
        caption=f"{counted(len(study.trial.map), 'map')}, by voxel unless said otherwise.",
        head=["Map", "Model", "Sequence", "Settings", "Source"],
        rows=[
            [each.name, each.model, each.sequence, _settings(each), sentence(each.source)]
            for each in study.trial.map
        ],
    )


STANDARDS = {"weight": "body weight", "lean": "lean mass", "surface": "body surface"}
"""What uptake is relative to."""


def _settings(each: Map) -> str:
    told = [f"b {', '.join(f'{b:g}' for b in each.b_values)} s/mm²"] if each.b_values else []
    told += [f"echo nearest to {1e3 * each.echo_time:g} ms"] if each.echo_time else []
    told += [f"T1 from {each.t1_sequence}"] if each.t1_sequence else []
    told += [f"arterial input of {each.aif.capitalize()}"] if each.aif else []
    if isinstance(each.dynamic_range, float):
        told.append(f"display of {each.dynamic_range:g} dB; fitted to the mean of each region")
    if each.display:
        told += [f"{d.manufacturer} {d.model}: {d.dynamic_range:g} dB" for d in each.display]
        told.append("fitted to the mean of each region")
    told += [f"by {STANDARDS[each.standard]}"] if each.standard else []
    if each.threshold:
        share = f"{each.threshold:.0%} of the node's greatest"
        told.append(f"metabolic volume from {share if each.threshold < 1 else each.threshold} on")
    told += [f"haematocrit {each.haematocrit:g}"] if each.haematocrit else []
    told += [f"relaxivity {each.relaxivity:g} s⁻¹ mM⁻¹"] if each.relaxivity else []
    return "; ".join(told) or "every frame"


def test_sheet(study: Study) -> Sheet:
    """Index tests with their cut-offs, sources and standing."""
    tests = study.trial.tests
    return Sheet(
        caption=f"{counted(len(tests), 'index test')} of the trial file.",
        head=["Test", "Call positive when", "Role", "Measured", "Acquisition", "Source, standing"],
        rows=[_test(test) for test in tests],
    )


def _test(test: Test) -> list[str]:
    return [
        test.title,
        cutoff(test),
        test.role,
        _value(test),
        test.acquisition,
        f"{sentence(test.source)} {sentence(test.standing)}",
    ]


def _value(test: Test) -> str:
    """Where a test's value comes from."""
    if isinstance(test, ReaderTest):
        least = test.certain_from
        less = "" if least is None else f"; below certainty {least:g} an answer counts as 0"
        return f"question “{test.question}” of form {test.form}, round {test.round}{less}"
    if test.map == SIZE:
        told = f"{test.parameter.replace('_', ' ')}, {test.region}"
    elif test.statistic == "curve":
        name = test.parameter.replace("_", " ")
        told = f"{name} of the curve fitted to the mean of the {test.region}"
    else:
        told = f"{test.statistic} of {test.parameter}, {test.region}"
    told += f", over that of {test.relative_to}" if test.relative_to else ""
    told += f", at visit {test.visit}" if test.visit else ""
    told += f", over that at visit {test.ratio_to}" if test.ratio_to else ""
    return told + (f", minus that at visit {test.change_from}" if test.change_from else "")


def provenance_sheet(study: Study) -> Sheet:
    """Versions, hashes, seeds and steps: what it takes to make the same report again."""
    source = study.provenance
    rows = [
        ["nodewise", source.version],
        ["trial", study.trial.id],
        ["trial file, SHA-256", source.trial_hash],
        ["frozen protocol, SHA-256", source.frozen_hash],
        ["truth opened", source.truth_opened or "not opened"],
    ]
    rows += [[f"seed, {name}", str(seed)] for name, seed in sorted(source.seeds.items())]
    rows += [[f"step, {step.name}", f"{step.when}, code {step.version}"] for step in source.steps]
    rows += [[name, version] for name, version in sorted(source.software.items())]
    return Sheet(caption="Versions, hashes and seeds.", head=["What", "Which"], rows=rows)


def primary(study: Study) -> str:
    """Which estimate answers the question, as the trial file says."""
    trial = study.trial
    analysis = named(trial.analysis, trial.primary_analysis)
    unit = UNITS[trial.primary_unit][0]
    return f"{study.primary_test.title} by {unit}, “{analysis.title}”"
