"""`o2c outbox`: what a service has told, once more, for a log that lost it."""

from typing import Annotated

import orjson
import typer

from .asking import AsJson, in_path
from .calling import Group, caller, put_json
from .hands import Service
from .windows import window_of

outbox = Group("What a service has told: send it once more where the log has lost it.")


@outbox.named("republish")
def republish(
    context: typer.Context,
    service: Service,
    since: Annotated[str, typer.Option(help="the first day or instant (UTC) of sending", metavar="DATE")],
    until: Annotated[
        str | None, typer.Option(help="the last day or instant (UTC) of sending; default: now", metavar="DATE")
    ] = None,
    customer: Annotated[str, typer.Option(help="only this customer")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how many there are")] = False,
    json: AsJson = False,
) -> None:
    """Send the same events again, with their ids and versions, in their order, after the log lost what it had taken.

    Readers drop those they have heard. Who met the hole has parked what came behind it (code version-gap): once the
    missing ones are there, o2c parked retry takes all of it up in order.

    Examples:
      o2c --as olga outbox republish orders --since 2026-03-01T09:55 --until 2026-03-01T10:10 --dry-run
      o2c --as olga outbox republish orders --since 2026-03-01T09:55 --until 2026-03-01T10:10
      o2c --as olga outbox republish cash --since 2026-03-01 --customer C01
    """
    window = window_of(since, until)
    body = {"since": window.since, "until": window.until, "customer_id": customer, "only_count": dry_run}
    found = caller(context).post(
        f"/v1/{in_path(service)}/outbox/republish", orjson.dumps(body), **{"content-type": "application/json"}
    )
    if json:
        put_json(found)
    else:
        typer.echo(found["text"])
