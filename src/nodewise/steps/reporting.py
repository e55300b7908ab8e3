"""Report: from the study's tables to one page and the tables beside it."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

from nodewise import report
from nodewise.errors import StoreError
from nodewise.report import Provenance, Step
from nodewise.simulate import SIMULATED
from nodewise.steps.analysis.accuracy import SEED, current_key
from nodewise.steps.gallery import pictures
from nodewise.steps.matching import OPENED, refuse_changed
from nodewise.steps.outcomes.describing import outcomes_key
from nodewise.steps.work import Work, code_version, key, rows_key, stale
from nodewise.tables import TABLES

SOFTWARE = ("numpy", "scipy", "polars", "pydicom", "highdicom", "nibabel")


def write_report(work: Work, *, anew: bool = False) -> Path:
    """Write the report if anything that it shows has changed; returns its page.

    Args:
        work: the study.
        anew: write it though nothing has.

    Raises:
        TrialError: when a frozen cut-off was changed.
        StoreError: when the figures are older than the trial file or the tables.
    """
    refuse_changed(work)
    keys = {"accuracy": current_key(work), "outcomes": outcomes_key(work)}
    if any(work.truth.finished(step) != {"all": now} for step, now in keys.items()):
        raise StoreError(
            f"the figures of {work.study.folder.name} are older than its trial file or its data; "
            f"'nodewise run {work.study.folder.name}' makes them anew, and the report with them"
        )
    folder = work.study.folder / "report"
    page = folder / "index.html"
    tables = {
        name: (work.truth if table.truth else work.tables).read(name)
        for name, table in TABLES.items()
    }
    wanted = {"page": key({name: rows_key(frame) for name, frame in tables.items()},
                          work.study.trial_text)}  # fmt: skip
    if anew or stale(work.truth, "report", wanted) or not page.is_file():
        work.progress("report", 0, 1)
        report.write(
            folder,
            work.trial,
            tables=tables,
            pictures=pictures(work),
            provenance=provenance(work),
        )
        work.truth.finish("report", "page", key=wanted["page"])
        work.progress("report", 1, 1)
    return page


def provenance(work: Work) -> Provenance:
    """Versions, hashes and seeds behind the figures."""
    ledger = {row["step"]: row for row in [*work.tables.ledger(), *work.truth.ledger()]}
    opened = ledger.get(OPENED)
    marker = work.study.folder / SIMULATED
    cohort = json.loads(marker.read_text()) if marker.is_file() else {}
    return Provenance(
        version=code_version(),
        trial_hash=hashlib.sha256(work.study.trial_text.encode()).hexdigest(),
        frozen_hash=work.trial.frozen_hash,
        truth_opened=opened["finished"][:10] if opened else None,
        steps=[
            Step(name=name, when=row["finished"], version=row["version"])
            for name, row in ledger.items()
            if name not in (OPENED, "report")
        ],
        seeds={"resampling": SEED} | ({"simulated cohort": cohort["seed"]} if cohort else {}),
        software={"python": platform.python_version()} | {name: version(name) for name in SOFTWARE},
        simulated=bool(cohort),
    )
