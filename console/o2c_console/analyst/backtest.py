"""`o2c rules backtest`: what a candidate would have decided otherwise, and what later happened to those documents."""

import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from o2c_chassis.clock import RealClock
from o2c_rules.candidate import Candidate
from o2c_rules.history.backtest import Question, question, unlike
from o2c_rules.history.backtest import backtest as over_history
from o2c_rules.history.lines import BadHistory
from o2c_rules.history.page import in_words, page
from o2c_rules.history.report import AS_IT_WAS, OfTable, Report, report
from o2c_rules.rulebook import RuleBook

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, advise, put_json, put_table, say, stop
from o2c_console.windows import window_of

from .books import Rules, base_book, known_bundles, one_of, proposed
from .pasts import History, Since, Tables, Until, history_of, processors, shown

WAYS_SHOWN, CUSTOMERS_SHOWN = 25, 10


def backtest(
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="a rule file, a folder of books, or `shipped`")],
    *,
    rules: Rules = "",
    history: History = None,
    since: Since = None,
    until: Until = None,
    table: Tables = None,
    on: Annotated[
        str | None, typer.Option(help="ask the versions in force on this day, whatever day was decided", metavar="DATE")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="write a page with charts here", metavar="FILE")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="ask again even where the table is the same in both")
    ] = False,
    json: AsJson = False,
) -> None:
    """Ask recorded decisions again of a candidate: what changes, for whom, how much money, and what happened later.

    Effects of earlier decisions stay as they were recorded. Exit code 1 where a decision would change.

    Examples:
      o2c rules backtest credit.yaml
      o2c rules backtest credit.xlsx --since 2026-01-01 --until 2026-06-30 --html report.html
      o2c rules backtest books/ --table orders/credit --json
    """
    book, wanted, root = base_book(rules, json=json), proposed(candidate, rules, json=json), history_of(history)
    asked = question(wanted.book, _tables(wanted, book, table), book, window_of(since, until), _day(on))
    if not everything:
        asked = unlike(asked, known_bundles(rules) | {book.hash: book.files})
    found = _found(wanted, asked, root)
    if html is not None:
        _write(html, found)
    put_json(found.as_json()) if json else _told(found, root)
    raise typer.Exit(FOUND if found.differing else 0)


def _found(wanted: Candidate, asked: Question, root: Path) -> Report:
    begun = time.perf_counter()
    try:
        with shown(root, asked.window, asked.tables) as done:
            changes = over_history(asked, root, processes=processors(), done=done)
        found = report(wanted.book.hash, asked, changes, root, RealClock().now().date())
    except BadHistory as error:
        stop(str(error), error.hint)
    return replace(found, seconds=round(time.perf_counter() - begun, 1))


def _tables(wanted: Candidate, book: RuleBook, named: list[str] | None) -> tuple[str, ...]:
    for name in named or ():
        one_of(name, {*wanted.book.tables, *book.tables})
    return tuple(dict.fromkeys(named)) if named else wanted.tables


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        stop(f"--on {text} is no day", "write it like 2027-01-01")


def _write(html: Path, found: Report) -> None:
    try:
        html.write_bytes(page(found))
    except OSError as error:
        stop(f"{html}: {error.strerror}", "name a file that can be written with --html")
    say.print(f"written: {html}", markup=False, soft_wrap=True)


def _told(found: Report, root: Path) -> None:
    columns = ("table", "decisions", "change", "undecided", "decided", "other row", "untried", "customers", "money")
    rows = [
        (p.table, p.tally.decisions, p.tally.differing, p.tally.newly_undecided, p.tally.newly_decided,
         p.tally.other_row, p.tally.untried, p.customers, in_words(p.money))
        for p in found.tables
    ]  # fmt: skip
    title = f"{found.differing:,} of {found.decisions:,} decisions would change ({found.seconds} s)"
    put_table(columns, rows, title)
    for part in found.tables:
        _part_told(part)
    say.print(AS_IT_WAS, markup=False, soft_wrap=True)
    for example in [part.turns[0].examples[0] for part in found.tables if part.turns][:1]:
        advise(f"o2c rules explain {example} --history {root} tells why it was decided so")


def _part_told(part: OfTable) -> None:
    if part.turns:
        rows = [
            (t.way.before, t.way.after, t.way.effect, t.decisions, len(t.customers), in_words(t.money),
             t.fate.in_words(), t.examples[0])
            for t in part.turns[:WAYS_SHOWN]
        ]  # fmt: skip
        columns = ("from", "to", "effect", "decisions", "customers", "money", "what became of it", "for example")
        more = f", the first {WAYS_SHOWN} of {len(part.turns)}" if len(part.turns) > WAYS_SHOWN else ""
        put_table(columns, rows, f"\n{part.table}: from row to row{more}")
        customers = [(c or "nobody known", n, in_words(money)) for c, n, money in part.by_customer[:CUSTOMERS_SHOWN]]
        put_table(("customer", "documents", "money"), customers, f"\n{part.table}: whom it would have concerned")
    for reason, count in part.tally.reasons.items():
        say.print(f"{part.table}: {count:,} could not be tried: {reason}", markup=False, soft_wrap=True)
    for hint in part.hints:
        advise(hint)
