"""`o2c rules usage`: which rows decided how often, about how much money, when last; and which never did."""

from typing import Annotated

import typer
from o2c_rules.history.lines import BadHistory
from o2c_rules.history.page import in_words
from o2c_rules.history.usage import Usage, asked_of
from o2c_rules.history.usage import usage as counted

from o2c_console.asking import AsJson
from o2c_console.calling import advise, put_json, put_table, stop
from o2c_console.windows import window_of

from .books import Rules, base_book, one_of
from .pasts import History, Since, Tables, Until, history_of, processors, shown


def usage(
    *,
    rules: Rules = "",
    history: History = None,
    since: Since = None,
    until: Until = None,
    table: Tables = None,
    dead: Annotated[bool, typer.Option("--dead", help="only rows that never decided, each on its line")] = False,
    json: AsJson = False,
) -> None:
    """How often each row decided, about how much money, and when last. A dead row never did.

    Money is summed over decisions: a document that was asked about twice counts twice.

    Examples:
      o2c rules usage --table orders/credit
      o2c rules usage --dead --since 2026-01-01
    """
    book, root = base_book(rules, json=json), history_of(history)
    for name in table or ():
        one_of(name, book.tables)
    asked = asked_of(book, tuple(dict.fromkeys(table or book.tables)), window_of(since, until))
    try:
        with shown(root, asked.window, tuple(asked.money)) as done:
            found = counted(book, asked, root, processes=processors(), done=done)
    except BadHistory as error:
        stop(str(error), error.hint)
    if json:
        put_json({"history": str(root), "tables": [each.as_json() for each in found]})
    elif dead:
        put_table(("table", "row"), [(each.table, row) for each in found for row in each.dead])
    elif table:
        for each in found:
            _rows_told(each)
    else:
        _tables_told(found)


def _tables_told(found: tuple[Usage, ...]) -> None:
    rows = [
        (each.table, each.decisions, in_words(dict(each.money)), len(each.dead), _some(each.dead), ", ".join(each.gone))
        for each in found
    ]
    put_table(("table", "decisions", "money", "dead", "dead rows", "decided, and now gone"), rows)
    advise("--table NAME shows every row")


def _rows_told(each: Usage) -> None:
    rows = [
        (row, use.hits, in_words(dict(sorted(use.money.items()))), str(use.last_at or "never")[:16],
         "dead" if row in each.dead else "gone" if row in each.gone else "")
        for row, use in each.rows.items()
    ]  # fmt: skip
    put_table(("row", "hits", "money", "last", ""), rows, f"{each.table}: {each.decisions:,} decisions")


def _some(rows: tuple[str, ...]) -> str:
    return ", ".join(rows[:6]) + (f" and {len(rows) - 6} more" if len(rows) > 6 else "")
