"""`o2c rules explain`: why a recorded decision came out as it did."""

from typing import Annotated, Any

import typer

from o2c_console.asking import AsJson, in_path
from o2c_console.calling import FOUND, caller, put_json, stop


def explain(
    context: typer.Context,
    decision_id: Annotated[str, typer.Argument(metavar="DECISION_ID")],
    json: AsJson = False,
) -> None:
    """Why a decision came out as it did: the winning rows, all that matched, and the nearest that would have won.

    Examples:
      o2c rules explain 019b8e1c-6f00-7c1e-9d0a-0123456789ab
    """
    ask = caller(context)
    for service in ask.get("/v1/status")["services"]:
        answer = ask.send("GET", f"/v1/{service}/decisions/{in_path(decision_id)}")
        if answer.status_code == 200:
            found = answer.json()
            put_json(found) if json else _explained(found)
            return
    stop(f"no service recorded a decision {decision_id}", "o2c customer ID lists decisions in its last column", FOUND)


def _explained(found: dict[str, Any]) -> None:
    record, decided = found["record"], found["record"]["decision"]
    source, id_, type_ = record["because_of"]
    lines = [
        f"{found['service']} asked {decided['table']} about {record['subject']}, because of {type_} {source}/{id_}"
    ]
    if found["explained"]:
        lines += [f"  {sentence}" for sentence in found["explained"]["sentences"]]
        lines += [f"  matched: {', '.join(found['explained']['matched']) or 'no row'}"]
    else:
        lines += [f"  rows: {', '.join(decided['rows'])}; not explained: {found['problem']}"]
    lines += [f"  on: {decided['on']}, rules {decided['bundle'][:12]}", "  facts:"]
    lines += [f"    {name} = {_plain(value)}" for name, value in sorted(decided["facts"].items())]
    typer.echo("\n".join(lines))


def _plain(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, dict) and len(value) == 1 else str(value)
