"""Several statements in one round trip: on a small slice the round trips are the cost, not the rows."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table

from . import arrays
from .database import Db

Query = tuple[str, Sequence[Any]]
"""A select of one value, which may be a whole row, and its parameters."""
_PARAMETER = re.compile(r"\$(\d+)")
_COPY_FROM = 50
"""From so many rows on, COPY costs less than an array."""


class Writes:
    """What a transaction changes, each table once, sent at its end. Nothing in it may depend on another part of it."""

    def __init__(self) -> None:
        self._statements: list[tuple[str, Sequence[Any]]] = []
        self._copies: list[tuple[Table, Sequence[Sequence[Any]], Sequence[str]]] = []

    def add(self, statement: str, *args: Any) -> None:
        """An insert, update or delete that returns nothing."""
        self._statements.append((statement, args))

    def append(self, table: Table, rows: Sequence[Sequence[Any]], *names: str) -> None:
        """New rows that cannot conflict, into these columns or all of them."""
        columns = names or tuple(c.name for c in table.columns)
        if len(rows) > _COPY_FROM:
            self._copies.append((table, rows, columns))
        elif rows:
            self.add(arrays.insert(table, *names), *arrays.as_arrays(len(columns), rows))

    async def send(self, db: Db) -> None:
        for table, rows, columns in self._copies:
            await db.copy_records_to_table(table.name, records=rows, columns=list(columns))
        if len(self._statements) == 1:
            [(statement, args)] = self._statements
            await db.execute(statement, *args)
        elif self._statements:
            text = _changing(tuple((statement, len(args)) for statement, args in self._statements))
            await db.execute(text, *[a for _, args in self._statements for a in args])


async def read(db: Db, queries: Sequence[Query]) -> list[list[Any]]:
    """The rows of several queries; each selects one value, which may be a whole row."""
    row = await db.fetchrow(
        _reading(tuple((query, len(args)) for query, args in queries)), *[a for _, args in queries for a in args]
    )
    assert row is not None
    return list(row)


@lru_cache(4096)
def _changing(pieces: tuple[tuple[str, int], ...]) -> str:
    parts, at = [], 0
    for n, (statement, count) in enumerate(pieces):
        parts.append(f"w{n} as ({_shifted(statement, at)})")
        at += count
    return f"with {', '.join(parts)} select 1"


@lru_cache(4096)
def _reading(pieces: tuple[tuple[str, int], ...]) -> str:
    parts, at = [], 0
    for query, count in pieces:
        parts.append(f"array({_shifted(query, at)})")
        at += count
    return f"select {', '.join(parts)}"


def _shifted(text: str, by: int) -> str:
    return _PARAMETER.sub(lambda m: f"${int(m[1]) + by}", text)
