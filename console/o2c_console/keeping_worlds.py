"""Keeps a simulated world's decisions and outcomes as files, and says how to look back at it; never asks a platform."""

import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

from o2c_chassis.exporting_pages import decisions_after, outcomes_after
from o2c_chassis.running import Running
from o2c_contracts.topics import SERVICES
from o2c_rules.history.lines import Line
from o2c_rules.history.writing import Growing, growing

from . import local_postgres
from .calling import called
from .keeping import DOCUMENTS, EACH, Kept, watermark

HISTORY = "history"
"""Of a world's folder: where its decisions and outcomes are kept."""


def ways_back(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """What may be asked of a world kept in `folder`, and the command that asks it; the last one ends its server."""
    history, postgres = shlex.quote(str(folder / HISTORY)), shlex.quote(str(folder / "postgres"))
    server = f"{shlex.quote(sys.executable)} -m {local_postgres.__name__}"
    if (folder / HISTORY).exists():
        yield "is its history whole", f"{called()} decisions verify {history}"
        yield "which rules decided", f"{called()} rules usage --rules shipped --history {history}"
    for service in SERVICES:
        yield f"the rows of {service}", f"{server} psql {postgres} {name}_{service}"
    yield "done with it", f"{server} stop {postgres} && rm -r {shlex.quote(str(folder))}"


async def keep_world(running: Running, folder: Path, at: datetime) -> Kept:
    """Add what one service has recorded to `folder`, which is named after it."""
    with growing(folder, at) as history:
        decisions = outcomes = 0
        async for lines in _pages_here(running, history):
            for line in lines:
                history.decision(line)
            decisions += len(lines)
        after = ""
        async with running.database.reading() as reads:
            while documents := await outcomes_after(running.service, reads, after, DOCUMENTS):
                after = f"{documents[-1]['kind']}/{documents[-1]['document']}"
                outcomes += sum(history.outcome(dict(document)) for document in documents)
    return Kept(folder.name, decisions, outcomes, tuple(history.added), sum(s for s, _ in history.heads.values()))


async def _pages_here(running: Running, history: Growing) -> AsyncIterator[list[Line]]:
    async with running.database.reading() as reads:
        while lines := await decisions_after(reads, watermark(history), EACH):
            yield lines
