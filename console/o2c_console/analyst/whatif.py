"""`o2c rules whatif`: what a table answers to a fact sheet that a person makes up, and what is nearest to it."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from o2c_chassis.clock import RealClock
from o2c_rules.cases import version_on
from o2c_rules.decision import Decision
from o2c_rules.explain import Miss
from o2c_rules.records import plain, read_record
from o2c_rules.rulebook import BadTable, read_file
from o2c_rules.supposing import changed, strange, supposed, unsaid
from o2c_rules.table import Table
from o2c_rules.values import Absent, Facts, shown

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, advise, put_json, say, stop

from .books import Rules, proposed, table_of, unreadable
from .explain import explained_lines
from .pasts import History
from .recorded import recorded

FactsFile = Annotated[
    str, typer.Option("--facts", help="the fact sheet: YAML or JSON, `name: value` a line; - for stdin", metavar="F")
]
Recorded = Annotated[str, typer.Option("--decision", help="the fact sheet of this recorded decision", metavar="ID")]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", help="one fact in other words; may be given several times", metavar="NAME=VALUE"),
]
OnDay = Annotated[
    str,
    typer.Option("--on", help="ask the version of this day; default: the decision's day, else today", metavar="DATE"),
]


def whatif(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE|PATH", help="a table's name, or a rule file")],
    *,
    facts: FactsFile = "",
    decision: Recorded = "",
    given: Given = None,
    on: OnDay = "",
    history: History = None,
    rules: Rules = "",
    json: AsJson = False,
) -> None:
    """What a table answers to facts of your own: winner, all rows that match, and at most three nearest that would
    have won, each with the value at which it does. Nothing is recorded.

    Exit code 1 where the table cannot decide.

    Examples:
      o2c rules whatif orders/tolerance --set document_kind=order --set risk_class=A
      o2c rules whatif credit.xlsx --decision 019b8e1c-6f00-7c1e-9d0a-0123456789ab --set overdue_days=21
      o2c rules whatif orders/credit --facts facts.yaml --json
    """
    asked = proposed(table, rules, json=json)
    name = table_of(asked, table)
    sheet, of = _recorded(context, decision, history) if decision else ({}, None)
    day = _day(on) or of or RealClock().now().date()
    version = version_on(asked.book.versions(name), day)
    try:
        sheet = {**sheet, **(supposed(*_read(facts), version) if facts else {})}
        sheet = changed(sheet, dict(map(_pair, given or ())), version)
    except BadTable as error:
        unreadable(error, json=json)
    if not sheet:
        stop("there are no facts to ask about", "--facts FILE, --decision ID, or --set NAME=VALUE for each")
    made = asked.book.decide(name, sheet, day)
    put_json(_as_json(made)) if json else typer.echo("\n".join(_lines(made)))
    _remark(sheet, version, known=not decision)
    raise typer.Exit(FOUND if made.undecided else 0)


def _recorded(context: typer.Context, id_: str, history: Path | None) -> tuple[Facts, date | None]:
    record = read_record(orjson.dumps(recorded(context, id_, history)["record"]["decision"]))
    return record.facts, record.on


def _read(facts: str) -> tuple[bytes, str]:
    if facts == "-":
        return sys.stdin.buffer.read(), "stdin"
    path = Path(facts)
    if not path.is_file():
        stop(
            f"{facts}: no file of facts",
            "write `name: value` a line into it; - reads stdin; --set NAME=VALUE says one fact",
        )
    return read_file(path), facts


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        stop(f"--set {text} names no fact", "--set overdue_days=21")
    return name.strip(), value.strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        stop(f"--on {text} is no day", "write it like 2027-01-01")


def _lines(made: Decision) -> list[str]:
    found = made.explain()
    outcome = [f"{name} = {shown(value)}" for name, value in made.outcome.items() if value is not None]
    answer = "cannot decide" if made.undecided else ", ".join(outcome) or "nothing"
    return [f"{made.table} on {made.on}: {answer}", *explained_lines(found.sentences(), found.matched)]


def _as_json(made: Decision) -> dict[str, Any]:
    found = made.explain()
    misses = [
        {"row": m.row, "column": m.column, "wanted": m.wanted, "sentence": m.sentence(), **_numbers(m)}
        for m in found.misses
    ]
    return {
        "table": made.table,
        "bundle": made.bundle,
        "on": made.on,
        "facts": plain(made.facts),
        "undecided": made.undecided,
        "winners": found.winners,
        "because": found.because,
        "matched": found.matched,
        "outcome": plain(made.outcome),
        "misses": misses,
    }


def _numbers(miss: Miss) -> dict[str, Any]:
    """The fact as it is, the nearest value with which the row answers, and how far that is; null where unknown."""
    known = {"value": miss.value, "nearest": miss.nearest, "distance": miss.distance}
    return plain({name: None if isinstance(value, Absent) else value for name, value in known.items()})


def _remark(sheet: Facts, version: Table, *, known: bool) -> None:
    """What may not be as the person thinks: on stderr, whatever the answer."""
    if known:
        for finding in strange(sheet, version):
            say.print(f"{finding.text}: {finding.where}", markup=False, soft_wrap=True)
            if finding.hint:
                advise(finding.hint)
    if left := unsaid(sheet, version):
        say.print(f"not said, so missing: {', '.join(left)}", markup=False, soft_wrap=True)
