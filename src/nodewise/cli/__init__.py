"""The command line: one short command a step. Heavy imports wait until a command needs them."""

from typing import Any

import click

from nodewise.cli import criteria, fitting, levels, reading, statistics, study
from nodewise.cli.cine import cine
from nodewise.cli.enhancement import enhancement
from nodewise.cli.predict import predict
from nodewise.cli.size import size
from nodewise.cli.survive import survive
from nodewise.cli.transport import transport
from nodewise.cli.uptake import uptake
from nodewise.errors import NodewiseError

COMMANDS = (
    study.demo,
    study.new,
    study.import_,
    study.run,
    study.status,
    study.whereabouts,
    study.report,
    reading.user,
    reading.worklist,
    reading.serve,
    reading.answers,
    reading.verify,
    reading.upgrade,
    study.simulate,
    fitting.fit,
    fitting.models,
    enhancement,
    uptake,
    cine,
    levels.levels,
    levels.extracapsular,
    statistics.roc,
    statistics.compare,
    statistics.agree,
    survive,
    predict,
    size,
    transport,
    criteria.stage,
    criteria.ene,
    criteria.ene_readers,
    criteria.score,
    criteria.recist,
    criteria.consequences,
    criteria.eligible,
    levels.locate,
    levels.crosswalk,
    study.dictionary,
)


class _Commands(click.Group):
    """Turns the project's own errors into a sentence; a traceback always means our bug."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a study uses them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of ours becomes a sentence."""
        try:
            return super().invoke(ctx)
        except NodewiseError as error:
            raise click.ClickException(str(error)) from None
        except KeyboardInterrupt:
            raise click.ClickException(
                "stopped; what was finished is kept, and the same command goes on from there"
            ) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nodewise")
def main() -> None:
    """Imaging studies of cervical lymph nodes: from scanner files to an accuracy report.

    nodewise reports evidence; it never recommends a treatment.
    """


for command in COMMANDS:
    main.add_command(command)
