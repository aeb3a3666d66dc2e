"""Takes decisions and outcomes out of services into files: behind the last export, until nothing is left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import orjson
from o2c_chassis.decisions import CHAINS
from o2c_rules.history.lines import START, Line, read_line
from o2c_rules.history.manifest import KEEP_YEARS, Part
from o2c_rules.history.writing import Growing, growing

from .calling import Caller, problem_of, stop

EACH, DOCUMENTS = 64, 2_000
"""Of a page: decisions of each chain, and documents."""
Done = Callable[[int], None]
"""Called with how many more lines were taken."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one service's export added."""

    service: str
    decisions: int
    outcomes: int
    parts: tuple[Part, ...]
    heads: int
    """Decisions of this service that are kept by now."""


class Taken(Protocol):
    """Where a service's history is taken from."""

    def decisions(self, seqs: list[int]) -> list[Line]:
        """The next behind these numbers of its chains; none where all were had."""

    def outcomes(self, after: str) -> list[dict[str, Any]]:
        """The next documents behind `kind/document`."""


@dataclass(frozen=True, slots=True)
class OverHttp:
    """A service behind the platform's one address."""

    ask: Caller
    service: str

    def decisions(self, seqs: list[int]) -> list[Line]:
        path = f"/v1/{self.service}/export/decisions?each={EACH}&after={','.join(map(str, seqs))}"
        return [read_line(line) for line in self._lines(path)]

    def outcomes(self, after: str) -> list[dict[str, Any]]:
        path = f"/v1/{self.service}/export/outcomes?limit={DOCUMENTS}&after={quote(after, safe='')}"
        return [orjson.loads(line) for line in self._lines(path)]

    def _lines(self, path: str) -> list[bytes]:
        answer = self.ask.send("GET", path)
        if not answer.is_success:
            problem = problem_of(answer)
            stop(f"{self.service}: {problem['detail']} ({problem['code']})", problem["hint"])
        return answer.content.split(b"\n")[:-1]


def keep(taken: Taken, folder: Path, at: datetime, years: int = KEEP_YEARS, done: Done = lambda n: None) -> Kept:
    """Add to `folder`, which is named after the service. BadHistory where what comes does not follow what is there."""
    with growing(folder, at, years) as history:
        decisions = sum(_all_decisions(taken, history, done))
        outcomes = sum(_all_outcomes(taken, history, done))
    heads = sum(seq for seq, _ in history.heads.values())
    return Kept(folder.name, decisions, outcomes, tuple(history.added), heads)


def _all_decisions(taken: Taken, history: Growing, done: Done) -> Iterator[int]:
    while lines := taken.decisions(watermark(history)):
        for line in lines:
            history.decision(line)
        done(len(lines))
        yield len(lines)


def _all_outcomes(taken: Taken, history: Growing, done: Done) -> Iterator[int]:
    after = ""
    while documents := taken.outcomes(after):
        after = f"{documents[-1]['kind']}/{documents[-1]['document']}"
        yield sum(history.outcome(document) for document in documents)
        done(len(documents))


def watermark(history: Growing) -> list[int]:
    """The number of the last decision kept of each chain."""
    return [history.heads.get(chain, START)[0] for chain in range(CHAINS)]
