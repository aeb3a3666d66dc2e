"""`o2c parked`, `approvals`, `resume`, `events`: what people do to a running platform."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from .asking import AsJson, in_path
from .calling import FOUND, Caller, Group, advise, caller, problem_of, put_json, put_table, say, stop, unreachable

parked = Group("What could not be handled: see it, mend the cause, take it up, or give it up.")
approvals = Group("What waits for people's agreement.")
events = Group("Events of other systems.")
Service = Annotated[str, typer.Argument(metavar="SERVICE")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]
_BATCH = "application/cloudevents-batch+json"
_BATCH_EVENTS, _BATCH_BYTES = 500, 900_000
_NAMED_MOST = 20


@parked.named("list")
def parked_list(
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="[SERVICE]")] = "",
    code: Annotated[str, typer.Option(help="only this reason")] = "",
    customer: Annotated[str, typer.Option(help="only this customer")] = "",
    json: AsJson = False,
) -> None:
    """Parked records of one service or of all; exit code 1 where there are any.

    Examples:
      o2c parked list
      o2c parked list orders --code bad-content
    """
    ask = caller(context)
    services = [service] if service else list(ask.get("/v1/status")["services"])
    found = [
        {"service": name} | p
        for name in services
        for p in ask.pages(f"/v1/{in_path(name)}/parked", code=code, customer=customer)
    ]
    if json:
        put_json(found)
    else:
        rows = [
            (
                p["service"],
                p["number"],
                p["parked_at"][:16],
                p["key"],
                p["code"],
                "yes" if p["blocks"] else "no",
                p["reason"],
            )
            for p in found
        ]
        put_table(("service", "number", "since", "key", "code", "blocks", "reason"), rows)
    raise typer.Exit(FOUND if found else 0)


@parked.named("show")
def parked_show(context: typer.Context, service: Service, number: Number, json: AsJson = False) -> None:
    """One parked record with its bytes. It may hold personal data: operators only.

    Examples:
      o2c --as olga parked show orders 17
    """
    found = caller(context).get(f"/v1/{in_path(service)}/parked/{number}")
    if json:
        put_json(found)
        return
    lines = [
        f"{n}: {found[n]}" for n in ("topic", "partition", "offset", "key", "code", "reason", "parked_at", "discard_by")
    ]
    lines += [f"{n} = {value}" for n, value in found["headers"].items()]
    typer.echo("\n".join([*lines, found["value"] or found["value_base64"] or "(no value)"]))


@parked.named("retry")
def parked_retry(context: typer.Context, service: Service, number: Number, json: AsJson = False) -> None:
    """After the mend: take it up with everything that waits behind it. Exit code 1 where it still fails.

    Examples:
      o2c --as olga parked retry orders 17
    """
    _done(caller(context).post(f"/v1/{in_path(service)}/parked/{number}/retry"), json)


@parked.named("discard")
def parked_discard(context: typer.Context, service: Service, number: Number, json: AsJson = False) -> None:
    """Give it up. Takes two operators: the first asks, the second does it. Exit code 1 after the first.

    Examples:
      o2c --as olga parked discard orders 17
      o2c --as otto parked discard orders 17
    """
    _done(caller(context).post(f"/v1/{in_path(service)}/parked/{number}/discard"), json)


def resume(context: typer.Context, service: Service, json: AsJson = False) -> None:
    """Let a service consume again that stopped because it parked too many customers.

    Examples:
      o2c --as olga resume orders
    """
    found = caller(context).post(f"/v1/{in_path(service)}/resume")
    if json:
        put_json(found)
    else:
        typer.echo(found["text"])


def _done(found: dict[str, Any], json: bool) -> None:
    if json:
        put_json(found)
    else:
        typer.echo(found["text"])
    raise typer.Exit(0 if found["done"] else FOUND)


@approvals.named("list")
def approvals_list(
    context: typer.Context,
    customer: Annotated[str, typer.Option(help="only this customer")] = "",
    status: Annotated[str, typer.Option(help="open, granted, refused, expired or voided")] = "open",
    json: AsJson = False,
) -> None:
    """Requests that wait for people, the most urgent first, with who is still wanted.

    Exit code 1 where a service does not answer.

    Examples:
      o2c approvals list
      o2c approvals list --customer acme --status granted
    """
    found = caller(context).get("/v1/approvals", customer=customer, status=status)
    code = FOUND if found["unreachable"] else 0
    if json:
        put_json(found)
        raise typer.Exit(code)
    rows = [
        (a["approval_id"], a["service"], a["action"], a["document_id"], a["customer_id"],
         f"{a['amount_minor']} {a['currency']}", a["requested_by"], a["expires_at"][:16],
         ", ".join(f"{n} {role}" for role, n in a["missing"].items()))
        for a in found["items"]
    ]  # fmt: skip
    put_table(
        ("approval", "service", "action", "document", "customer", "minor", "asked by", "until", "still wanted"), rows
    )
    unreachable(found)
    raise typer.Exit(code)


@approvals.named("approve")
def approvals_approve(
    context: typer.Context,
    approval_id: Annotated[str, typer.Argument(metavar="APPROVAL_ID")],
    comment: Annotated[str, typer.Option(help="for the record")] = "",
    json: AsJson = False,
) -> None:
    """Agree. Nobody agrees to their own request.

    Examples:
      o2c --as clara approvals approve 019b8e1c-...
    """
    _decided(caller(context), approval_id, "approve", comment, json)


@approvals.named("refuse")
def approvals_refuse(
    context: typer.Context,
    approval_id: Annotated[str, typer.Argument(metavar="APPROVAL_ID")],
    comment: Annotated[str, typer.Option(help="for the record")] = "",
    json: AsJson = False,
) -> None:
    """Say no; one is enough.

    Examples:
      o2c --as clara approvals refuse 019b8e1c-... --comment "not without the contract"
    """
    _decided(caller(context), approval_id, "refuse", comment, json)


def _decided(ask: Caller, approval_id: str, verb: str, comment: str, json: bool) -> None:
    open_ones = ask.get("/v1/approvals")["items"]
    approval = next((a for a in open_ones if a["approval_id"] == approval_id), None)
    if approval is None:
        stop(f"no approval {approval_id} is open", "o2c approvals list", FOUND)
    customer = f"/v1/{approval['service']}/customers/{in_path(approval['customer_id'])}"
    place = f"{customer}/approvals/{in_path(approval_id)}/{verb}"
    body = orjson.dumps({"comment": comment} if comment else {})
    found = ask.post(
        place, body, **{"content-type": "application/json", "idempotency-key": f"o2c-{verb}-{approval_id}"}
    )
    if json:
        put_json(found)
    else:
        typer.echo(", ".join(t["type"] for t in found["told"]) or "noted; others must still agree")


@events.named("publish")
def events_publish(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CloudEvents: one, a JSON list, or one per line; - is stdin")
    ],
    json: AsJson = False,
) -> None:
    """Publish events; each is accepted or refused with its reason. Exit code 1 where any was refused.

    Publishing the same file again changes nothing.

    Examples:
      o2c --as shop events publish order.json
      cat orders.jsonl | o2c --as shop events publish -
    """
    found: list[dict[str, Any]] = []
    for batch in _batches(_events_in(file)):
        answer = caller(context).send("POST", "/v1/events", content=batch, headers={"content-type": _BATCH})
        if answer.status_code not in (202, 422) or "events" not in answer.json():
            problem = problem_of(answer)
            found += _alone(batch, problem, answer.status_code, len(found))
            continue
        found += [d | {"index": len(found) + n} for n, d in enumerate(answer.json()["events"])]
    if json:
        put_json(found)
    else:
        for d in found:
            if d["disposition"] == "refused":
                name = f"{d['source']}/{d['id']}" if d["source"] or d["id"] else "without source and id"
                say.print(f"{d['index']}: {name} refused: {d['text']} ({d['code']})", style="red", markup=False)
                say.print(f"hint: {d['hint']}" if d["hint"] else "", markup=False)
        typer.echo(f"{sum(d['disposition'] == 'accepted' for d in found)} of {len(found)} accepted")
    raise typer.Exit(FOUND if any(d["disposition"] == "refused" for d in found) else 0)


@events.named("show")
def events_show(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE")],
    event_id: Annotated[str, typer.Argument(metavar="ID")],
    json: AsJson = False,
) -> None:
    """What became of an event in each service, and everything that followed from it.

    Exit code 1 where no service has seen it, or one does not answer.

    Examples:
      o2c events show shop order-1
    """
    found = caller(context).get("/v1/events", source=source, id=event_id)
    unseen = all(s["state"] == "unseen" for s in found["services"].values())
    if json:
        put_json(found)
    else:
        put_table(
            ("service", "state", "parked"), [(n, s["state"], s["parked"] or "") for n, s in found["services"].items()]
        )
        rows = [(t["at"][:16], t["service"], t["type"], t["subject"], "; ".join(t["because"])) for t in found["told"]]
        put_table(("at", "service", "told", "about", "because"), rows)
        unreachable(found)
        if unseen:
            _unseen(f"{source}/{event_id}", sum(s["behind"] for s in found["services"].values()))
    raise typer.Exit(FOUND if unseen or found["unreachable"] else 0)


def _unseen(name: str, behind: int) -> None:
    say.print(f"no service has seen {name}", style="red", markup=False, soft_wrap=True)
    later = f"{behind} records are not read yet: ask again" if behind else "source and id are those of its publisher"
    advise(later)


def _alone(batch: bytes, problem: dict[str, Any], status: int, index: int) -> list[dict[str, Any]]:
    """A batch of one is answered with a problem. `index`: where it stands in the file."""
    rows = orjson.loads(batch)
    if len(rows) != 1 or status not in (400, 422):
        stop(f"{problem['detail']} ({problem['code']})", problem["hint"])
    who = {n: str(rows[0].get(n, "")) if isinstance(rows[0], dict) else "" for n in ("source", "id", "type")}
    return [
        {
            "index": index,
            **who,
            "disposition": "refused",
            "code": problem["code"],
            "text": problem["detail"],
            "hint": problem["hint"],
        }
    ]


def _events_in(file: Path) -> list[Any]:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        stop(f"{file}: {error.strerror}", "name a file of events, or - for stdin")
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return _line_by_line(file, content, error)
    return whole if isinstance(whole, list) else [whole]


def _line_by_line(file: Path, content: bytes, whole: orjson.JSONDecodeError) -> list[Any]:
    """One event per line, each line that is none named; where no line is one, the file was meant as a whole."""
    found, wrong = [], []
    for n, line in enumerate(content.splitlines(), 1):
        try:
            found += [orjson.loads(line)] if line.strip() else []
        except orjson.JSONDecodeError as error:
            wrong.append(f"{file}:{n}:{error.colno}: {error.msg}")
    if not any(isinstance(event, dict) for event in found):
        stop(f"{file} is no JSON: {whole}", "one event, a list of events, or one event per line")
    if wrong:
        more = [f"and {len(wrong) - _NAMED_MOST} lines more"] if len(wrong) > _NAMED_MOST else []
        stop("\n".join(wrong[:_NAMED_MOST] + more), "nothing was published; mend them and publish the file again")
    return found


def _batches(found: list[Any]) -> Iterator[bytes]:
    batch: list[bytes] = []
    size = 0
    for event in found:
        line = orjson.dumps(event)
        if batch and (len(batch) == _BATCH_EVENTS or size + len(line) > _BATCH_BYTES):
            yield b"[" + b",".join(batch) + b"]"
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield b"[" + b",".join(batch) + b"]"
