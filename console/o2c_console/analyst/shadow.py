"""`o2c rules shadow`: try a candidate on live traffic beside the rules that decide; it emits and changes nothing."""

from base64 import b64encode
from typing import Annotated, Any

import orjson
import typer
from o2c_chassis.clock import RealClock
from o2c_contracts.topics import SERVICES
from o2c_rules.reading import name_of
from o2c_rules.rulebook import table_files

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, Caller, caller, problem_of, put_json, put_table, say, stop
from o2c_console.windows import window_of

from .books import Rules, proposed

WAYS_SHOWN = 25


def shadow(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(metavar="[CANDIDATE]", help="a rule file, or a folder of books")] = "",
    *,
    rules: Rules = "",
    since: Annotated[
        str | None,
        typer.Option(help="also what was recorded since this day or instant (UTC); default: now", metavar="DATE"),
    ] = None,
    ending: Annotated[bool, typer.Option("--stop", help="end the trial")] = False,
    status: Annotated[bool, typer.Option("--status", help="where the candidate differs so far")] = False,
    json: AsJson = False,
) -> None:
    """Ask a candidate everything that the services decide from now on, and count where it would decide otherwise.

    A new candidate takes the place of the one on trial. With --status exit code 1 where the two differ, 2 where the
    candidate cannot be tried. Who begins or ends a trial is a rules analyst or an operator.

    Examples:
      o2c --as rick rules shadow credit.yaml
      o2c rules shadow --status
      o2c --as rick rules shadow --stop
    """
    if sum((bool(candidate), ending, status)) != 1:
        stop("name a CANDIDATE, or --status, or --stop", "one of the three: o2c rules shadow --help")
    ask = caller(context)
    if status:
        _status(ask, json)
    elif ending:
        _said([_answered(ask, name, "DELETE") for name in SERVICES], json)
    else:
        wanted = proposed(candidate, rules, json=json)
        files = {f: wanted.book.files[f] for f in table_files(wanted.book.files) if name_of(f) in wanted.tables}
        begun = window_of(since, None).since or RealClock().now()
        body = {
            "files": {name: b64encode(content).decode() for name, content in files.items()},
            "tables": wanted.tables,
            "since": begun,
        }
        _said([_answered(ask, name, "PUT", orjson.dumps(body)) for name in SERVICES], json)


def _answered(ask: Caller, service: str, method: str, content: bytes = b"") -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    answer = ask.send(method, f"/v1/{service}/shadow", content=content, headers=headers)
    if not answer.is_success:
        problem = problem_of(answer)
        code = FOUND if answer.status_code == 403 else 2
        stop(f"{service}: {problem['detail']} ({problem['code']})", problem["hint"], code)
    return {"service": service, **answer.json()}


def _said(found: list[dict[str, Any]], json: bool) -> None:
    if json:
        put_json(found)
        return
    put_table(("service", ""), [(each["service"], each["text"]) for each in found])
    say.print("hint: o2c rules shadow --status", markup=False)


def _status(ask: Caller, json: bool) -> None:
    found = [_answered(ask, name, "GET") for name in SERVICES]
    if json:
        put_json(found)
    else:
        _status_told(found)
    if any(each["problem"] for each in found):
        raise typer.Exit(2)
    raise typer.Exit(FOUND if any(each["divergences"] for each in found) else 0)


def _status_told(found: list[dict[str, Any]]) -> None:
    rows = [
        (s["service"], (s["bundle"] or "nothing")[:12], (s["since"] or "")[:19], s["begun_by"],
         sum(t["decisions"] for t in s["tables"]), s["divergences"], s["behind"])
        for s in found
    ]  # fmt: skip
    put_table(("service", "on trial", "since", "begun by", "asked", "differ", "behind"), rows)
    ways = [
        (t["table"], way["from"], way["to"], way["effect"], way["decisions"], way["examples"][0])
        for s in found
        for t in s["tables"]
        for way in t["turns"][:WAYS_SHOWN]
    ]
    if ways:
        columns = ("table", "from", "to", "effect", "decisions", "for example")
        put_table(columns, ways, "\nwhere the candidate would have decided otherwise")
    for s in found:
        if s["problem"]:
            say.print(f"{s['service']}: {s['problem']}", style="red", markup=False, soft_wrap=True)
