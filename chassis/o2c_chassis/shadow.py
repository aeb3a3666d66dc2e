"""A candidate beside the rules that decide: asked again what was recorded, behind the path; emits and writes nothing.

It follows the decision log from an instant on, so a restart counts the same again, and the sums are those of a
backtest over that log. Whatever is wrong with a candidate ends here, as a sentence in its status.
"""

import asyncio
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from o2c_rules.history.backtest import Looking, Question, question
from o2c_rules.history.changes import Changes
from o2c_rules.history.looking import Window
from o2c_rules.history.recorded import Recorded
from o2c_rules.rulebook import RuleBook
from sqlalchemy import text

from .database import Database
from .decisions import CHAINS
from .exporting_pages import decisions_after

SECONDS_A_STEP = 0.2
"""Of each second or so: what is behind is caught up with, but never at the cost of the path."""
EACH = 8
_CURRENT = text("select bundle, files, tables, since, begun_by from shadows")
_STAMP = text("select bundle, since from shadows")
# Ids begin with the milliseconds of their cause's recorded time; their index finds where in each chain to begin.
_FIRST = text(
    "select c.chain, coalesce(min(d.seq) - 1, c.seq) as seq from chains c "
    "left join decisions d on d.chain = c.chain and d.decision_id >= :id group by c.chain, c.seq order by c.chain"
)
_HEADS = text("select chain, seq from chains order by chain")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rules on trial, since when, by whom."""

    bundle: str
    files: Mapping[str, bytes]
    tables: tuple[str, ...]
    since: datetime
    begun_by: str


@dataclass(slots=True)
class _Trial:
    """One candidate at work."""

    candidate: Candidate
    looking: Looking
    seqs: list[int]
    found: Changes = field(default_factory=Changes)
    looked_at: int = 0


class Shadow:
    """Of one service's process."""

    def __init__(self, database: Database, book: Callable[[], RuleBook]) -> None:
        """`book`: the rules that decide now; they say what recorded dates mean."""
        self._database, self._book = database, book
        self._trial: _Trial | None = None
        self._stamp: tuple[str, datetime] | None = None
        self.problem: str | None = None
        """Why the candidate is not tried, or no further."""

    async def step(self) -> int:
        """Catch up for a moment; how many decisions were asked again. Never raises for a candidate's fault."""
        until, before = time.monotonic() + SECONDS_A_STEP, 0
        try:
            await self._look_for_another()
            while self._trial is not None and self.problem is None and time.monotonic() < until:
                asked = await self._page(self._trial)
                before += asked
                if not asked:
                    break
        except Exception as error:  # noqa: BLE001 - a candidate may be broken in any way; nothing of it reaches the path
            self.problem = f"{type(error).__name__}: {error}"
        return before

    async def begin(self, candidate: Candidate) -> None:
        """Try these rules, in place of any others; the same again from the same instant changes nothing."""
        files = orjson.dumps({name: b64encode(content).decode() for name, content in candidate.files.items()})
        async with self._database.transaction() as db:
            await db.execute("delete from shadows")
            await db.execute(
                "insert into shadows values ($1, $2, $3, $4, $5)",
                candidate.bundle, files, list(candidate.tables), candidate.since, candidate.begun_by,
            )  # fmt: skip

    async def end(self) -> bool:
        """Try nothing any more; whether anything was tried."""
        async with self._database.transaction() as db:
            return bool(await db.fetch("delete from shadows returning bundle"))

    @property
    def candidate(self) -> Candidate | None:
        """What is tried."""
        return self._trial.candidate if self._trial else None

    @property
    def found(self) -> Changes:
        """What differs so far."""
        return self._trial.found if self._trial else Changes()

    @property
    def looked_at(self) -> int:
        """Decisions of the log that were looked at."""
        return self._trial.looked_at if self._trial else 0

    async def behind(self) -> int:
        """Recorded decisions that were not looked at yet."""
        if self._trial is None:
            return 0
        async with self._database.reading() as reads:
            heads: dict[int, int] = {row.chain: row.seq for row in await reads.execute(_HEADS)}
        return sum(heads.values()) - sum(self._trial.seqs)

    def divergences(self) -> Counter[tuple[str, str, str]]:
        """Table, row that decided, row of the candidate -> decisions that would have come out otherwise."""
        found: Counter[tuple[str, str, str]] = Counter()
        for way, moved in self.found.ways.items():
            found[way.table, way.before, way.after] += moved.decisions
        return found

    async def _look_for_another(self) -> None:
        async with self._database.reading() as reads:
            row = (await reads.execute(_STAMP)).one_or_none()
            stamp = (row.bundle, row.since) if row else None
            if stamp == self._stamp:
                return
            self._trial, self.problem, self._stamp = None, None, stamp
            if stamp is None:
                return
            row = (await reads.execute(_CURRENT)).one()
            first = (await reads.execute(_FIRST, {"id": _least_id(row.since)})).all()
        files = {name: b64decode(content) for name, content in orjson.loads(row.files).items()}
        candidate = Candidate(row.bundle, files, tuple(row.tables), row.since, row.begun_by)
        asked = await asyncio.to_thread(_asked, candidate, self._book())
        looking = await asyncio.to_thread(Looking, asked)
        seqs = [0] * CHAINS
        for at in first:
            seqs[at.chain] = at.seq
        self._trial = _Trial(candidate, looking, seqs)

    async def _page(self, trial: _Trial) -> int:
        async with self._database.reading() as reads:
            lines = await decisions_after(reads, trial.seqs, EACH)
        if not lines:
            return 0
        page = await asyncio.to_thread(_looked, trial.looking, [line.body for line in lines])
        for line in lines:
            trial.seqs[line.chain] = line.seq
        trial.found.add(page)
        trial.looked_at += len(lines)
        return len(lines)


def _asked(candidate: Candidate, base: RuleBook) -> Question:
    return question(RuleBook(candidate.files), candidate.tables, base, Window(since=candidate.since))


def _looked(looking: Looking, bodies: list[bytes]) -> Changes:
    found = Changes()
    for body in bodies:
        looking.look_at(Recorded.read(body), found)
    for moved in found.ways.values():
        moved.documents.clear()  # Kept, they would grow for as long as the candidate is on trial.
    return found


def _least_id(since: datetime) -> str:
    """No id of a decision whose cause was recorded since then is smaller."""
    milliseconds = f"{int(since.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def as_json(found: Changes) -> list[dict[str, Any]]:
    """The counts of each table, and the ways from row to row."""
    return [
        {
            "table": table,
            "decisions": tally.decisions,
            "same": tally.same,
            "same_outcome_by_another_row": tally.other_row,
            "changed": tally.changed,
            "newly_undecided": tally.newly_undecided,
            "newly_decided": tally.newly_decided,
            "untried": tally.untried,
            "turns": [
                {
                    "from": way.before,
                    "to": way.after,
                    "effect": way.effect,
                    "decisions": moved.decisions,
                    "examples": moved.examples,
                }
                for way, moved in sorted(found.ways.items(), key=lambda each: (-each[1].decisions, each[0]))
                if way.table == table
            ],
        }
        for table, tally in sorted(found.tables.items())
    ]
