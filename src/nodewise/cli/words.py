"""What commands share: examples in their help, progress bars, options."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nodewise.steps.work import Progress, Work

Option = Callable[[Callable[..., None]], Callable[..., None]]

FOLDER = click.Path(path_type=Path, file_okay=False)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")


def example(*lines: str) -> Callable[[click.Command], click.Command]:
    """Add example lines to a command's help."""

    def put(command: click.Command) -> click.Command:
        shown = "\n".join(f"  {line}" for line in lines)
        command.epilog = f"\b\nExample:\n{shown}"
        return command

    return put


def kept(  # an option has that many sides
    group: str,
    *names: str,
    says: str,
    kind: Any = float,
    default: Any = None,
    several: bool = False,
) -> Option:
    """An option that is put with others of its group, not handed to the command by itself."""

    def keep(ctx: click.Context, option: click.Parameter, value: Any) -> None:
        ctx.meta.setdefault(group, {})[option.name] = value

    shown = {"default": default, "show_default": default is not None}
    if several or kind is bool:
        shown = {"is_flag": kind is bool}
    return click.option(
        *names, type=kind, help=says, multiple=several, expose_value=False, callback=keep, **shown
    )


@contextmanager
def at_work(study: Path) -> "Iterator[Work]":
    """The study in a folder, opened, with bars."""
    from nodewise.steps.work import Work

    with watched() as progress:
        yield Work.on(study, progress=progress)


@contextmanager
def watched() -> "Iterator[Progress]":
    """A bar a step on a terminal; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, Any] = {}

    def progress(what: str, done: int, total: int) -> None:
        bars.start()  # only when there is something to show
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield progress
    finally:
        if tasks:
            bars.stop()
