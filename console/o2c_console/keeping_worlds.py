"""Keeps a simulated world's decisions and outcomes as files, out of the services of this process."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from o2c_chassis.exporting_pages import decisions_after, outcomes_after
from o2c_chassis.running import Running
from o2c_rules.history.lines import Line
from o2c_rules.history.writing import Growing, growing

from .keeping import DOCUMENTS, EACH, Kept, watermark


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
