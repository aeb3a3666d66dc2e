"""Rates, latencies, building and memory of one engine after another, in turns, on one core."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.rules_bench.matrix import Line
from tests.bench.rules_bench.ours import Ask

Build = Callable[..., Ask]
PIECE = 100
"""Decisions between two looks at the clock while the rate is measured; a slow engine gets fewer."""
LATENCIES_MOST = 5_000


@dataclass(slots=True)
class Reading:
    """What was found about one engine at one size."""

    engine: str
    rows: int
    mode: str
    build_s: float
    memory_mb: float = 0.0
    rates: list[float] = field(default_factory=list)
    p50_us: float = 0.0
    p99_us: float = 0.0
    compared: int = 0
    wrong: int = 0

    @property
    def rate(self) -> float:
        """Decisions per second: the median of the rounds."""
        return statistics.median(self.rates)

    def as_json(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "rows": self.rows,
            "mode": self.mode,
            "decisions_per_s": round(self.rate),
            "p50_us": round(self.p50_us, 2),
            "p99_us": round(self.p99_us, 2),
            "build_s": round(self.build_s, 4),
            "memory_mb": round(self.memory_mb, 1),
            "facts_compared": self.compared,
            "wrong": self.wrong,
        }


def pin() -> int:
    """Keep this process on one core; which."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def memory_of(build: Build, rows: Sequence[Line], *, collect: bool) -> float:
    """Megabytes that an engine adds to a process that has made nothing yet: in a child, which is then forgotten."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            gc.collect()
            before = _resident_mb()
            kept = [build(rows, collect=collect)]
            os.write(writer, f"{_resident_mb() - before}".encode())
            kept.clear()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return float(text)


def _resident_mb() -> float:
    with open("/proc/self/statm") as found:  # noqa: PTH123 - shorter than its path object, and read twice in a child
        return int(found.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def built(build: Build, rows: Sequence[Line], *, collect: bool) -> tuple[Ask, float]:
    """The engine, and the seconds it took."""
    gc.collect()
    begun = time.perf_counter()
    ask = build(rows, collect=collect)
    return ask, time.perf_counter() - begun


def rate(ask: Ask, facts: Sequence[Mapping[str, Any]], seconds: float) -> float:
    """Decisions per second of this process's own time on its core, round and round the facts."""
    done, at, step = 0, 0, 1
    begun = now = time.process_time()
    while now - begun < seconds:
        piece = facts[at : at + step]
        for sheet in piece:
            ask(sheet)
        done += len(piece)
        at = at + step if at + step < len(facts) else 0
        before, now = now, time.process_time()
        step = min(PIECE, step * 2) if now - before < seconds / 20 else step
    return done / (now - begun)


def latencies(ask: Ask, facts: Sequence[Mapping[str, Any]], seconds: float) -> tuple[float, float]:
    """Median and 99th percentile of single decisions, in microseconds; the clock itself costs some 0.05."""
    found: list[int] = []
    clock = time.perf_counter_ns
    until = clock() + int(seconds * 1e9)
    for sheet in facts[:LATENCIES_MOST]:
        begun = clock()
        ask(sheet)
        ended = clock()
        found.append(ended - begun)
        if ended > until and len(found) >= 20:
            break
    found.sort()
    return found[len(found) // 2] / 1e3, found[len(found) * 99 // 100] / 1e3


def compared(ask: Ask, right: Ask, facts: Sequence[Mapping[str, Any]], seconds: float) -> tuple[int, int]:
    """On how many facts an engine was held against another, and on how many it said something else."""
    wrong = count = 0
    until = time.perf_counter() + seconds
    for sheet in facts:
        count += 1
        wrong += ask(sheet) != right(sheet)
        if count >= 20 and time.perf_counter() > until:
            break
    return count, wrong
