"""`o2c rules explain`: why a recorded decision came out as it did."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from o2c_rules.values import shown

from o2c_console.asking import AsJson
from o2c_console.calling import put_json

from .pasts import History
from .recorded import recorded


def explain(
    context: typer.Context,
    decision_id: Annotated[
        str, typer.Argument(metavar="DECISION", help="its id, as `o2c customer` and backtests show")
    ],
    history: History = None,
    json: AsJson = False,
) -> None:
    """Why a decision came out as it did: the winning rows, all that matched, and the nearest that would have won.

    The running platform is asked, and where it does not know the decision, the files of `o2c decisions export` and of
    the last demo. With --history only that folder is.

    Examples:
      o2c rules explain 019b8e1c-6f00-7c1e-9d0a-0123456789ab
      o2c rules explain 019b8e1c-6f00-7c1e-9d0a-0123456789ab --history .local/demo/history
    """
    found = recorded(context, decision_id, history)
    put_json(found) if json else _explained(found)


def _explained(found: dict[str, Any]) -> None:
    record, decided = found["record"], found["record"]["decision"]
    source, id_, type_ = record["because_of"]
    lines = [
        f"{found['service']} asked {decided['table']} about {record['subject']}, because of {type_} {source}/{id_}"
    ]
    if found["explained"]:
        lines += explained_lines(found["explained"]["sentences"], found["explained"]["matched"])
    else:
        lines += [f"  rows: {', '.join(decided['rows'])}; not explained: {found['problem']}"]
    lines += [f"  on: {_plain(decided['on'])}, rules {decided['bundle'][:12]}", "  facts:"]
    lines += [f"    {name} = {_plain(value)}" for name, value in sorted(decided["facts"].items())]
    typer.echo("\n".join(lines))


def explained_lines(sentences: Iterable[str], matched: Iterable[str]) -> list[str]:
    """An explanation under its heading."""
    return [*(f"  {sentence}" for sentence in sentences), f"  matched: {', '.join(matched) or 'no row'}"]


def _plain(value: Any) -> str:
    return shown(next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value)
