"""`make bench-rules`: rows per second of both executors and of the explanation beside four peers, in one run, one core.

Timed is the way from a fact mapping with a Decimal amount to the numbers of the winning rows: for ours projection,
coding and executor; zen-engine refuses Decimal, so its user's conversion to float is timed, its result's rows are read.
Building is timed apart. Rates are per second of the process's own time, so that neighbours on the machine take nothing
from anybody; latencies are by the wall clock. The collector of garbage is off while rates are taken. Read the ratios,
not the rates. Exits 1 where a bar is missed, an answer differs, or a peer is not there.
"""

import argparse
import gc
import json
import platform
import statistics
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.rules_bench import measuring, ours, peers
from tests.bench.rules_bench.matrix import facts, lines
from tests.bench.rules_bench.measuring import Build, Reading

MODES = ("first", "collect")
FACTS = 10_000
ROUNDS = 5
ENGINES: dict[str, Build] = {
    "durable-rules": ours.durable,
    "index": ours.index,
    "both, compared": ours.decided,
    "full explanation": ours.explained,
    "zen-engine": peers.zen,
    "rule-engine": peers.rule_engine,
    "business-rules": peers.business_rules,
    "linear scan": peers.linear,
}
PEER = "zen-engine"
AT = 1_000
BARS = {"durable-rules": 1.2, "index": 6.0, "full explanation": 0.6}
"""At 1,000 rows, times the peer's first-hit rate of the same run."""
SLOW_MOST = 1_000
"""Engines that ask one row after another are not asked about more rows than this: minutes, and nothing learnt."""
SLOW = frozenset({"rule-engine", "business-rules"})


def main(sizes: Sequence[int], seconds: float, *, as_json: bool) -> int:
    core = measuring.pin()
    about = sys.stderr if as_json else sys.stdout
    print(_head(core), file=about, flush=True)
    there = {name: build for name, build in ENGINES.items() if _there(name, build)}
    weights = {
        (name, size, mode): _weight(name, build, size, mode)
        for size in sizes
        for mode in MODES
        for name, build in there.items()
    }
    readings: list[Reading] = []
    for size in sizes:
        for mode in MODES:
            found = _measured(there, size, mode, seconds)
            for reading in found:
                reading.memory_mb = weights[reading.engine, size, mode]
            readings += found
            print(_table(found), file=about, flush=True)
    bars = _bars(readings) if AT in sizes else []
    print(_verdict(bars, readings, set(ENGINES) - set(there)), file=about, flush=True)
    if as_json:
        json.dump(_whole(core, readings, bars), sys.stdout, indent=2)
    wrong = any(reading.wrong for reading in readings)
    return 1 if wrong or len(there) < len(ENGINES) or not all(bar["holds"] for bar in bars) else 0


def _there(name: str, build: Build) -> bool:
    try:
        build(lines(10), collect=False)
    except ModuleNotFoundError as error:
        print(f"{name} is not installed ({error}); make bench-rules installs it", file=sys.stderr)
        return False
    return True


def _weight(name: str, build: Build, size: int, mode: str) -> float:
    """Before anything else is made, since memory that was given back hides what is taken next."""
    return 0.0 if _too_slow(name, size) else measuring.memory_of(build, lines(size), collect=mode == "collect")


def _too_slow(name: str, size: int) -> bool:
    return name in SLOW and size > SLOW_MOST


def _measured(there: dict[str, Build], size: int, mode: str, seconds: float) -> list[Reading]:
    rows, collect = lines(size), mode == "collect"
    sheets = facts(rows, FACTS)
    asks, found = {}, {}
    for name, build in there.items():
        if _too_slow(name, size):
            continue
        asks[name], took = measuring.built(build, rows, collect=collect)
        found[name] = Reading(name, size, mode, took)
    right = asks["linear scan"]
    for name, ask in asks.items():
        found[name].compared, found[name].wrong = measuring.compared(ask, right, sheets, seconds)
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            found[name].rates.append(measuring.rate(ask, sheets, seconds / ROUNDS))
    for name, ask in asks.items():
        found[name].p50_us, found[name].p99_us = measuring.latencies(ask, sheets, seconds)
    gc.enable()
    return list(found.values())


def _bars(readings: list[Reading]) -> list[dict[str, Any]]:
    """Each round's ratio is of two stretches that follow each other; the median of the rounds counts."""
    by_name = {r.engine: r for r in readings if r.rows == AT and r.mode == "first"}
    if PEER not in by_name:
        return []
    bars = []
    for name, wanted in BARS.items():
        ratios = [a / b for a, b in zip(by_name[name].rates, by_name[PEER].rates, strict=True)]
        times = statistics.median(ratios)
        bars.append({"engine": name, "wanted": wanted, "times": round(times, 2), "holds": times >= wanted})
    return bars


def _head(core: int) -> str:
    packages = ("durable-rules", "zen-engine", "rule-engine", "business-rules")
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return (
        f"approval matrix kind x currency x region x amount band -> role; {FACTS:,} facts with Decimal amounts; "
        f"core {core} of {platform.processor() or platform.machine()}, Python {platform.python_version()}\n{versions}\n"
        "timed: from the fact mapping to the numbers of the winning rows; zen-engine's with the float it wants"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _table(found: list[Reading]) -> str:
    head = f"\n{found[0].rows:,} rows, {found[0].mode:<8}"
    text = (
        f"{head:<24}{'decisions/s':>12}{'p50 us':>10}{'p99 us':>10}{'build s':>10}{'MB':>8}{'compared':>10}{'wrong':>7}"
    )
    for r in found:
        text += (
            f"\n  {r.engine:<21}{r.rate:>12,.0f}{r.p50_us:>10,.1f}{r.p99_us:>10,.1f}{r.build_s:>10.3f}"
            f"{r.memory_mb:>8.1f}{r.compared:>10,}{r.wrong:>7}"
        )
    return text


def _verdict(bars: list[dict[str, Any]], readings: list[Reading], missing: set[str]) -> str:
    text = f"\nbars at {AT:,} rows, first hit, times {PEER}'s rate in the same run"
    for bar in bars:
        verdict = "holds" if bar["holds"] else "FALLS SHORT"
        text += f"\n  {bar['engine']:<21}{bar['times']:>6.2f} x   at least {bar['wanted']:.1f}: {verdict}"
    if not bars:
        text += "\n  not judged: " + (
            f"without {', '.join(sorted(missing))}" if missing else f"{AT:,} rows not asked for"
        )
    wrong = sum(r.wrong for r in readings)
    return f"{text}\nanswers that differ from the linear scan's: {wrong}"


def _whole(core: int, readings: list[Reading], bars: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "core": core,
        "facts": FACTS,
        "readings": [reading.as_json() for reading in readings],
        "bars": bars,
        "ok": all(bar["holds"] for bar in bars) and not any(r.wrong for r in readings),
    }


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=_sizes, default=[10, 100, 1_000, 5_000], help="sizes, such as 10,1000")
    parser.add_argument("--seconds", type=float, default=1.5, help="per engine, size and mode")
    parser.add_argument("--json", action="store_true", help="readings and bars as JSON on stdout")
    given = parser.parse_args()
    sys.exit(main(given.rows, given.seconds, as_json=given.json))
