"""Which recorded decisions a command looks at: a folder of history, a window, and a bar while it is read."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.history.looking import Done, Window, blocks_within
from o2c_rules.history.manifest import MANIFEST
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from o2c_console.calling import say, stop
from o2c_console.settings import DEMO, command_line

History = Annotated[
    Path | None,
    typer.Option(
        "--history",
        help="a folder of exported decisions; default: what `o2c decisions export` wrote on this machine, else the "
        "last demo's",
        metavar="FOLDER",
    ),
]
Since = Annotated[
    str | None, typer.Option("--since", help="the first day or instant (UTC), by recorded time", metavar="DATE")
]
Until = Annotated[
    str | None, typer.Option("--until", help="the last day or instant (UTC), by recorded time", metavar="DATE")
]
Tables = Annotated[list[str] | None, typer.Option("--table", help="only this table; may be given several times")]


def history_of(given: Path | None) -> Path:
    """The folder to read. Ends the program where there is none."""
    own, demo = command_line().history, DEMO / "history"
    folder = given or next(iter(folders_of_history()), None)
    if folder is None:
        hint = "export some: o2c decisions export; or play one here: o2c demo; or name a folder with --history"
        stop(f"there is no history in {own}, nor a demo's in {demo}", hint)
    if folder == demo and given is None:
        say.print(
            f"no exported decisions of this machine's platform; reading the last demo's in {demo}",
            markup=False,
            soft_wrap=True,
        )
    return folder


def folders_of_history() -> list[Path]:
    """Where this machine keeps recorded decisions: its platform's, then the last demo's."""
    return [f for f in (command_line().history, DEMO / "history") if any(f.glob(f"*/{MANIFEST}"))]


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def shown(root: Path, window: Window, tables: Sequence[str]) -> Iterator[Done]:
    """A bar of decisions on stderr."""
    total = sum(block.lines for block in blocks_within(root, window, tables))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=say, transient=True) as progress:
        task = progress.add_task("decisions", total=total)
        yield lambda n: progress.advance(task, n)
