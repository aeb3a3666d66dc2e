"""Rows in, rows out: one query per table and round, one statement per table. The only SQL on a service's tables.

READ COMMITTED: what is read after the lock is what the last holder left.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from o2c_contracts.event import Message
from o2c_rules.rulebook import RuleBook
from sqlalchemy import Table

from . import arrays, together
from .database import Db
from .errors import FamilyMoved, HandlerFailed
from .failpoints import failpoint
from .service import Service, by_key
from .together import Writes
from .working_set import Need, WorkingSet

_LOCK = "select pg_advisory_xact_lock(k) from unnest($1::bigint[]) k"


async def lock(
    db: Db, service: Service, messages: Sequence[Message], book: RuleBook, others: Iterable[str] = ()
) -> tuple[WorkingSet, list[set[str]]]:
    """Lock the families of these messages, in one order for everybody; a working set that knows who belongs together.

    A lock on a row cannot guard a row that does not exist yet: two first events of one customer on two topics would
    each write the whole row and one would be lost. So the lock is on the family's name, and who belongs together is
    read before it and checked after it. `others`: names that are to be locked besides.
    """
    work = WorkingSet(service.name, service.keys, book)
    if service.families is by_key:
        names = [{m.event.key} for m in messages]
        await lock_names(db, set(others).union(*names))
        return work, names
    before = await _rounds(db, service, work, messages, service.families)
    await lock_names(db, set(others).union(*before))
    work = WorkingSet(service.name, service.keys, book)
    if before != await _rounds(db, service, work, messages, service.families):
        raise FamilyMoved
    return work, before


async def lock_names(db: Db, names: Iterable[str]) -> None:
    """Held until the transaction ends; always in one order."""
    failpoint("path.lock")
    if wanted := sorted(map(hash_of, names)):
        await db.execute(_LOCK, wanted)


@lru_cache(100_000)
def hash_of(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


async def load(db: Db, service: Service, work: WorkingSet, messages: Sequence[Message]) -> None:
    """What these events need. Counters come last of all: whoever holds one waits for nobody."""
    failpoint("path.load")
    routes = {id(m): service.route(m) for m in messages}
    await _rounds(db, service, work, messages, lambda event, w: routes[id(w.cause)].needs(event, w))  # type: ignore[union-attr]


def save(writes: Writes, service: Service, work: WorkingSet) -> None:
    """Touched rows, one statement per table."""
    failpoint("path.save")
    for kind, rows in work.changed.items():
        keeps = service.by_kind[kind]
        values = list(map(arrays.reader_of(keeps.table), rows))
        if keeps.append_only:
            writes.append(keeps.table, values)
        else:
            writes.add(arrays.upsert(keeps.table), *arrays.as_arrays(len(keeps.table.columns), values))


async def _rounds(
    db: Db,
    service: Service,
    work: WorkingSet,
    messages: Sequence[Message],
    ask: Callable[[Any, WorkingSet], Generator[list[Need[Any]], None, Any] | Iterator[list[Need[Any]]]],
) -> list[Any]:
    """Drive one generator per message in step, reading once per round what all of them want; what each returned."""
    running: dict[int, Any] = {}
    for n, m in enumerate(messages):
        work.look_at(m)
        running[n] = ask(m.event, work)
    returned: list[Any] = [None] * len(messages)
    last: dict[Need[Any], None] = {}
    while running:
        wanted: dict[Need[Any], None] = {}
        for n, generator in list(running.items()):
            work.look_at(messages[n])
            try:
                wanted.update(dict.fromkeys(next(generator)))
            except StopIteration as end:
                returned[n] = end.value
                del running[n]
            except Exception as error:
                raise HandlerFailed(f"{type(error).__name__}: {error}") from error
        last.update((w, None) for w in wanted if service.by_kind[w.kind].locked_last)
        await _read(db, service, work, [w for w in wanted if w not in last])
    await _read_locked(db, service, work, list(last))
    return returned


async def _read(db: Db, service: Service, work: WorkingSet, wanted: Iterable[Need[Any]]) -> None:
    shapes: dict[tuple[type, tuple[str, ...]], list[Need[Any]]] = defaultdict(list)
    for n in wanted:
        if not work.has(n):
            shapes[n.kind, n.columns].append(n)
    wide = [
        (service.by_kind[kind].table, columns, needs, arrays.as_arrays(len(columns), (n.values for n in needs)))
        for (kind, columns), needs in shapes.items()
    ]
    if len(wide) == 1:
        [(table, columns, needs, args)] = wide
        found = [await db.fetch(arrays.select_where(table, columns), *args)]
    elif wide:
        found = await together.read(
            db, [(arrays.select_whole(table, columns), args) for table, columns, _, args in wide]
        )
    for (table, _, needs, _), rows in zip(wide, found if wide else [], strict=True):
        work.took(needs, _as_kind(needs[0].kind, table, rows))


def _as_kind(kind: type, table: Table, rows: Sequence[Any]) -> list[Any]:
    """Rows as what they are kept as; a column that a later migration added may stand elsewhere in the table."""
    names = [c.name for c in table.columns]
    if rows and list(rows[0].keys()) != names:
        return [kind(*[row[name] for name in names]) for row in rows]
    return [kind(*row) for row in rows]


async def _read_locked(db: Db, service: Service, work: WorkingSet, wanted: Sequence[Need[Any]]) -> None:
    """Rows that everybody wants: made where missing, locked in key order, read after the lock."""
    for kind in {n.kind: None for n in wanted}:
        keeps = service.by_kind[kind]
        needs = sorted((n for n in wanted if n.kind is kind and not work.has(n)), key=lambda n: n.values)
        if not needs:
            continue
        key = keeps.key[0]
        await db.execute(
            f"insert into {keeps.table.name} ({key}, next_number) select k, 1 from unnest($1::text[]) k "
            "on conflict do nothing",
            [n.values[0] for n in needs],
        )
        query = arrays.select_where(keeps.table, (key,), f" order by t.{key} for update")
        work.took(needs, [kind(*row) for row in await db.fetch(query, [n.values[0] for n in needs])])
