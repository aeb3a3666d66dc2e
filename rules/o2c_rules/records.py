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
        """JSON with sorted names. A Decimal is {"d": "1.00"}, a date {"on": "2026-01-31"}, a moment {"at": "…"} and
        a whole number beyond 64 bits {"i": "…"}."""
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
        try:
            return orjson.dumps(body, default=_typed, option=_OPTIONS)
        except TypeError:
            body["facts"], body["outcome"] = _small(self.facts), _small(self.outcome)
            return orjson.dumps(body, default=_typed, option=_OPTIONS)


def read_record(content: bytes) -> Record:
    """The record that these bytes hold, every value of its own type. BadRecord when they hold none."""
    try:
        body = orjson.loads(content)
        return Record(
            table=body["table"],
            bundle=body["bundle"],
            on=_read(body["on"]),
            facts={name: _read(value) for name, value in body["facts"].items()},
            codes=tuple(body["codes"]),
            rows=tuple(body["rows"]),
            outcome={name: _read(value) for name, value in body["outcome"].items()},
            undecided=body["undecided"],
        )
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise BadRecord(f"no record of a decision: {error!r}") from error


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


def _small(values: Mapping[str, Value]) -> dict[str, Any]:
    return {
        name: {"i": str(v)} if isinstance(v, int) and not -_INT64 <= v < _INT64 else v for name, v in values.items()
    }


def _read(value: Any) -> Any:
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
    raise BadRecord(f"a value of the sort {sort!r}")
