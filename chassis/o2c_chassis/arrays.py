"""One statement for any number of rows: columns travel as arrays, so its text never changes and is prepared once."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def type_of(column: Column[Any]) -> str:
    return str(column.type.compile(dialect=_DIALECT))


def given(columns: Sequence[Column[Any]], first: int = 1) -> str:
    """unnest($1::text[], $2::bigint[], …)"""
    arrays = ", ".join(f"${n}::{type_of(c)}[]" for n, c in enumerate(columns, first))
    return f"unnest({arrays})"


def _names(columns: Iterable[Column[Any]]) -> str:
    return ", ".join(f'"{c.name}"' for c in columns)


@lru_cache
def insert(table: Table, *names: str, first: int = 1) -> str:
    """Rows as arrays into these columns, or all of them; `first`: the number of the first parameter."""
    columns = [table.c[n] for n in names] if names else list(table.columns)
    return f"insert into {table.name} ({_names(columns)}) select * from {given(columns, first)}"


@lru_cache
def upsert(table: Table, first: int = 1) -> str:
    """Whole rows, new or changed."""
    key, rest = list(table.primary_key), [c for c in table.columns if not c.primary_key]
    sets = ", ".join(f'"{c.name}" = excluded."{c.name}"' for c in rest)
    then = f"do update set {sets}" if rest else "do nothing"
    return f"{insert(table, first=first)} on conflict ({_names(key)}) {then}"


@lru_cache
def select_where(table: Table, names: tuple[str, ...], suffix: str = "") -> str:
    """Columns of the rows whose columns have the values of any of the given tuples."""
    chosen = ", ".join(f't."{c.name}"' for c in table.columns)
    return f"select {chosen} from {_matching(table, names)}{suffix}"


@lru_cache
def select_whole(table: Table, names: tuple[str, ...]) -> str:
    """The same rows, each as one value."""
    return f"select t from {_matching(table, names)}"


def _matching(table: Table, names: tuple[str, ...]) -> str:
    columns = [table.c[n] for n in names]
    if len(columns) == 1:
        return f'{table.name} t where t."{names[0]}" = any($1::{type_of(columns[0])}[])'
    match = " and ".join(f't."{c.name}" = g."{c.name}"' for c in columns)
    return f"{given(columns)} g({_names(columns)}) join {table.name} t on {match}"


def as_arrays(width: int, rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows to columns; for no rows, empty columns."""
    columns = [list(c) for c in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


@lru_cache
def reader_of(table: Table) -> Any:
    """From a dataclass to the values of its table's columns."""
    names = [c.name for c in table.columns]
    return attrgetter(*names) if len(names) > 1 else lambda row: (getattr(row, names[0]),)
