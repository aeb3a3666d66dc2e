"""`o2c status`, `customer`, `verify`: questions to a running platform."""

from itertools import combinations
from typing import Annotated, Any
from urllib.parse import quote

import typer

from .calling import FOUND, caller, put_json, put_table, say, stop, unreachable

AsJson = Annotated[bool, typer.Option("--json", help="as JSON on stdout")]


def status(context: typer.Context, json: AsJson = False) -> None:
    """How every service is doing: lag, unsent, parked, blocked, deadlines, escalations, approvals, rules.

    Exit code 1 where something waits for a person, or a service does not answer.

    Examples:
      o2c status
      o2c status --json
    """
    found = caller(context).get("/v1/status")
    if json:
        put_json(found)
    else:
        put_table(_STATUS, [_status_row(s) for s in found["services"].values()])
        for s in found["services"].values():
            _lag(s)
        unreachable(found)
    waits = any(s[what] for s in found["services"].values() for what in _FOR_A_PERSON)
    raise typer.Exit(FOUND if waits or found["unreachable"] else 0)


_FOR_A_PERSON = ("parked", "blocked_customers", "halted", "rules_problem", "approvals_open", "escalations_open")

_STATUS = (
    "service", "lag", "unsent", "oldest s", "parked", "waiting", "blocked", "due", "next deadline", "escalations",
    "approvals", "release", "bundle", "executor",
)  # fmt: skip


def _status_row(s: dict[str, Any]) -> list[Any]:
    escalations = "-" if s["escalations_open"] is None else s["escalations_open"]
    return [
        s["service"], sum(s["lag"].values()), s["unsent"], round(s["oldest_unsent_seconds"]), sum(s["parked"].values()),
        s["waiting"], len(s["blocked_customers"]), s["deadlines_due"], (s["next_deadline"] or "")[:16], escalations,
        s["approvals_open"], _release(s), s["bundle"][:12], s["executor"],
    ]  # fmt: skip


def _release(s: dict[str, Any]) -> str:
    """Its number; behind a plus what is read and not yet in force, or decides single contracts."""
    waits = f" +{s['releases_read']} at {s['next_release_at'][:16]}" if s["next_release_at"] else ""
    own = f", {sum(s['models'].values())} contracts by {len(s['models'])} more" if s["models"] else ""
    return f"{s['release']}{waits}{own}"


def _lag(s: dict[str, Any]) -> None:
    for topic, behind in s["lag"].items():
        if behind:
            say.print(f"{s['service']} is {behind} behind on {topic}")
    for what in ("halted", "rules_problem"):
        if s[what]:
            say.print(f"{s['service']} {what.replace('_', ' ')}: {s[what]}", style="red", markup=False)
    if s["halted"]:
        say.print(f"hint: look at o2c parked list, then: o2c resume {s['service']}")


def customer(
    context: typer.Context,
    customer_id: Annotated[str, typer.Argument(metavar="ID")],
    json: AsJson = False,
) -> None:
    """A customer's story across all services, in order, each step with its reason and decision.

    Exit code 1 where nothing is known, or a service does not answer.

    Examples:
      o2c customer acme
      o2c rules explain DECISION_ID     (the last column)
    """
    found = caller(context).get(f"/v1/customers/{in_path(customer_id)}")
    code = FOUND if found["unreachable"] or not found["items"] else 0
    if json:
        put_json(found)
        raise typer.Exit(code)
    if not found["items"]:
        unreachable(found)
        stop(f"nothing is known about {customer_id}", "customers are named as in their events", code)
    rows = [
        (h["at"][:16].replace("T", " "), h["service"], h["type"], h["subject"], "; ".join(h["because"]),
         " ".join(h["decisions"]))
        for h in found["items"]
    ]  # fmt: skip
    put_table(("at", "service", "what", "about", "because", "decision"), rows)
    unreachable(found)
    raise typer.Exit(code)


def verify(context: typer.Context, json: AsJson = False) -> None:
    """Whether everything adds up: decision chains, identities, gapless numbers, and what several services keep.

    Totals of two services are compared only where both have read and sent everything. Exit code 1 where anything fails.

    Examples:
      o2c verify
      o2c verify --json
    """
    found = caller(context).get("/v1/verify")
    found["compared"] = list(compared(found["services"]))
    if json:
        put_json(found)
    else:
        rows = [
            (s["service"], c["name"], _held(c), c["found"]) for s in found["services"].values() for c in s["checks"]
        ]
        rows += [(c["services"], c["name"], _held(c), c["found"]) for c in found["compared"]]
        put_table(("service", "check", "", "found"), rows)
        unreachable(found)
    checks = [c for s in found["services"].values() for c in s["checks"]] + found["compared"]
    raise typer.Exit(FOUND if found["unreachable"] or any(c["holds"] is False for c in checks) else 0)


def compared(services: dict[str, Any]) -> list[dict[str, Any]]:
    """Totals that two services keep, each pair of them; undecided (None) while one of the two is behind."""
    found = []
    for one, other in combinations(services.values(), 2):
        settled = one["settled"] and other["settled"]
        for kind in sorted(one["totals"].keys() & other["totals"].keys()):
            a, b = one["totals"][kind], other["totals"][kind]
            for place in sorted(a.keys() | b.keys()):
                both = f"{one['service']} {a.get(place, 0)}, {other['service']} {b.get(place, 0)}"
                found.append(
                    {
                        "services": f"{one['service']}={other['service']}",
                        "name": f"{kind} {place}",
                        "holds": a.get(place, 0) == b.get(place, 0) if settled else None,
                        "found": both if settled else "not compared: one of them is behind",
                    }
                )
    return found


def _held(check: dict[str, Any]) -> str:
    return {True: "holds", False: "FAILS", None: "open"}[check["holds"]]


def in_path(name: str) -> str:
    """A name as one segment of a path. Clients take bare dots away, and the segment before them."""
    return name.replace(".", "%2E") if name in (".", "..") else quote(name, safe="")
