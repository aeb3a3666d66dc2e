"""What five services came to, without what only tells one run from another: for comparing two of them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from o2c_chassis.database import Database
from o2c_chassis.service import Service

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DECISIONS = "select table_name, subject, key, body from decisions"
TOLD = "select topic, key, headers, value from outbox where convert_from(key, 'utf8') not like 's:%'"
"""What concerns a service itself tells one run from another: heads of its chains, the hash of its rules."""
BESIDE = {
    "decisions": DECISIONS,
    "told": TOLD,
    "deadlines": "select kind, subject, owner_key, armed, due_at from deadlines",
    "deliveries": "select kind, subject, owner_key, content, status from deliveries",
    "streams": "select * from streams where key not like 's:%'",
    "parked": "select topic, key, value, code from parked",
}


class Ended(Protocol):
    """A service and its database."""

    service: Service
    database: Database


async def ended(services: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Every table of every service (each an `Ended`)."""
    numbers = await _external(services["billing"].database)
    found = {}
    for name, of in services.items():
        queries = {k.table.name: f"select * from {k.table.name}" for k in of.service.keeps} | BESIDE
        for table, query in queries.items():
            rows = await of.database.fetch(query)
            found[f"{name}.{table}"] = Counter(plain(tuple(r), numbers) for r in rows)
    return found


def different(found: Mapping[str, Counter[str]], expected: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Table -> what is there and should not be, and what is missing; empty where two ends are the same."""
    return {n: (found[n] - expected[n], expected[n] - found[n]) for n in expected if found[n] != expected[n]}


async def _external(billing: Database) -> dict[str, str]:
    """Our invoice number -> the number under which others know it."""
    rows = await billing.fetch("select value from outbox where topic = 'o2c.billing.v1'")
    told = [orjson.loads(r["value"]) for r in rows]
    return {t["invoice_number"]: t["external_ref"] for t in told if "taxes" in t and "due_on" in t}


def plain(row: tuple[Any, ...], numbers: dict[str, str]) -> str:
    """Numbers that a common counter gave stand for the file's own; ids that hash them stand for any."""
    text = " | ".join(c.decode(errors="replace") if isinstance(c, bytes) else str(c) for c in row)
    return re.sub("|".join(map(re.escape, sorted(numbers))), lambda m: numbers[m[0]], ID.sub("id", text))
