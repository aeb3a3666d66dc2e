"""`make bench-backtest`: a candidate over a million recorded decisions of the shipped books, two processes, one run.

The fact sheets are those of the golden cases, decided by the shipped books, told apart by customer and document. Exits
1 where it takes longer than its bar, or where a candidate that is the shipped book would change anything.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import orjson
from o2c_rules.cases import cases_of
from o2c_rules.history.backtest import Question, backtest, question
from o2c_rules.history.changes import Changes
from o2c_rules.history.lines import Line
from o2c_rules.history.report import report
from o2c_rules.history.writing import growing
from o2c_rules.rulebook import RuleBook

SECONDS_MOST, COUNT = 60.0, 1_000_000
FIRST, DAYS = datetime(2025, 1, 1, 8, tzinfo=UTC), 365
CREDIT = "orders/credit.yaml"


def templates(book: RuleBook) -> list[bytes]:
    """Recorded decisions of every golden case, each with a few amounts; `@` stands for what tells them apart."""
    chance, found = random.Random(1), list[bytes]()
    for table in book.tables:
        for case in cases_of(book, table):
            for factor in (1, 3, 10):
                facts = dict(case.facts)
                if type(facts.get("total_minor")) is int:
                    facts["total_minor"] = facts["total_minor"] * factor + chance.randrange(100)  # type: ignore[operator]
                facts.setdefault("currency", "EUR")
                decision = book.decide(table, facts, case.on)
                found.append(b'"currency":"EUR","decision":' + decision.record() + b"}")
    return found


def lines(book: RuleBook, count: int) -> Iterator[Line]:
    """So many decisions of a year, in 64 chains."""
    chance, heads, made = random.Random(2), dict[int, tuple[int, bytes]](), templates(book)
    for n in range(count):
        customer = chance.randrange(5_000)
        at = FIRST + timedelta(days=n * DAYS // count, seconds=n % 3_600)
        head = orjson.dumps(
            {
                "id": f"{n:08x}-0000-7000-8000-000000000000",
                "because_of": ["sample", f"sample-{n}", "OrderSubmitted"],
                "recorded_at": at,
                "business_date": at.date(),
                "world": "live",
                "key": f"c:C{customer}",
                "subject": f"O-{n // 3}",
                "legal_entity": "DE01",
            }
        )
        body = head[:-1] + b"," + made[chance.randrange(len(made))]
        chain = customer % 64
        seq, before = heads.get(chain, (0, b""))
        heads[chain] = seq + 1, sha256(before + body).digest()
        yield Line(chain, *heads[chain], body)


def written(book: RuleBook, root: Path, count: int) -> Path:
    """A folder of history."""
    with growing(root / "orders", FIRST + timedelta(days=DAYS)) as history:
        for line in lines(book, count):
            history.decision(line)
    return root


def stricter(book: RuleBook) -> RuleBook:
    """The shipped books with three boundaries of the credit table moved."""
    files = dict(book.files)
    for days, fewer in (("> 30", "> 20"), ("> 15", "> 5"), ("> 7", "> 3")):
        files[CREDIT] = files[CREDIT].replace(f'overdue_days: "{days}"'.encode(), f'overdue_days: "{fewer}"'.encode())
    return RuleBook(files)


def timed(asked: Question, root: Path) -> tuple[Changes, float]:
    begun = time.perf_counter()
    changes = backtest(asked, root, processes=2)
    report("candidate", asked, changes, root, date(2026, 6, 1))
    return changes, time.perf_counter() - begun


def main(count: int) -> int:
    book = RuleBook.shipped()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        root = written(book, Path(folder), count)
        size = sum(path.stat().st_size for path in root.rglob("*.gz"))
        print(f"{count:,} decisions, {size / 1e6:.0f} MB, written in {time.perf_counter() - begun:.0f} s", flush=True)
        same, whole = timed(question(book, book.tables, book), root)
        print(f"every table asked again of the same books: {whole:.1f} s, {count / whole:,.0f}/s", flush=True)
        candidate = stricter(book)
        changes, one = timed(question(candidate, ("orders/credit",), book), root)
        tally = changes.tables["orders/credit"]
        print(f"the credit table alone: {one:.1f} s, {tally.differing:,} of {tally.decisions:,} change", flush=True)
    changed = sum(t.differing + t.other_row for t in same.tables.values())
    print(f"bar: {SECONDS_MOST:.0f} s; changes by the same books: {changed}")
    return int(max(whole, one) > SECONDS_MOST or changed > 0 or not tally.differing)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    sys.exit(main(parser.parse_args().count))
