"""A decision as bytes and back. Types survive: 1, Decimal("1.00"), "1" and a date stay what they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from .values import Facts, Value

_INT64 = 2**63
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_SORT_KEYS


class BadRecord(ValueError):
    """Bytes that no decision wrote."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a decision for as long as anybody may ask about it."""

    table: str
    bundle: str
    on: date | None
    facts: Facts
    codes: tuple[int, ...]
    rows: tuple[str, ...]
    outcome: Mapping[str, Value]
    undecided: str | None

    def as_bytes(self) -> bytes:
        """JSON with sorted names. A Decimal is {"d": "1.00"}, a date {"on": "2026-01-31"}, a moment {"at": "…"}, a
        whole number beyond 64 bits {"i": "…"}, a text that is no Unicode {"u": its bytes}, all else {"other": "…"}."""
        body = {
            "table": self.table,
            "bundle": self.bundle,
            "on": self.on,
            "facts": self.facts,
            "codes": self.codes,
            "rows": self.rows,
            "outcome": self.outcome,
            "undecided": self.undecided,
        }
        if self.undecided is None:
            try:
                return orjson.dumps(body, default=_typed, option=_OPTIONS)
            except TypeError:
                pass
        body["facts"] = {name: _exact(value) for name, value in self.facts.items()}
        body["outcome"] = {name: _exact(value) for name, value in self.outcome.items()}
        return orjson.dumps(body, default=_typed, option=_OPTIONS)


@dataclass(frozen=True, slots=True, repr=False)
class Foreign:
    """What a fact sheet held that is no value at all, as it was shown; nobody decides by it, then or now."""

    text: str

    def __repr__(self) -> str:
        return self.text


def read_record(content: bytes) -> Record:
    """The record that these bytes hold, every value of its own type. BadRecord when they hold none."""
    try:
        body = orjson.loads(content)
        return Record(
            table=body["table"],
            bundle=body["bundle"],
            on=read_value(body["on"]),
            facts={name: read_value(value) for name, value in body["facts"].items()},
            codes=tuple(body["codes"]),
            rows=tuple(body["rows"]),
            outcome={name: read_value(value) for name, value in body["outcome"].items()},
            undecided=body["undecided"],
        )
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise BadRecord(f"no record of a decision: {error!r}") from error


def plain(values: Mapping[str, Value]) -> dict[str, Any]:
    """Facts or an outcome the way they stand in a record, read as bare JSON; in their own order."""
    exact = {name: _exact(value) for name, value in values.items()}
    passed = orjson.OPT_PASSTHROUGH_DATETIME
    found: dict[str, Any] = orjson.loads(orjson.dumps(exact, default=_typed, option=passed))
    return found


def _typed(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"d": str(value)}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    return {"other": repr(value)}


def _exact(value: object) -> Any:
    """What the fast way would lose or refuse."""
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return {"i": str(value)}
    if isinstance(value, str):
        return value if _is_unicode(value) else {"u": value.encode("utf-8", "surrogatepass").hex()}
    return value if value is None or isinstance(value, int | Decimal | date) else {"other": repr(value)}


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def read_value(value: Any) -> Any:
    """One value as it stands in a record, of its own type again."""
    if not isinstance(value, dict):
        return value
    ((sort, text),) = value.items()
    match sort:
        case "d":
            return Decimal(text)
        case "on":
            return date.fromisoformat(text)
        case "at":
            return datetime.fromisoformat(text)
        case "i":
            return int(text)
        case "u":
            return bytes.fromhex(text).decode("utf-8", "surrogatepass")
        case "other":
            return Foreign(text)
    raise BadRecord(f"a value of the sort {sort!r}")
