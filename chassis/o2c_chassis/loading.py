"""What a slice's messages need, read in rounds that they share. READ COMMITTED, under the families' locks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from o2c_contracts.event import Message
from o2c_rules.releasing.models import Rules
from sqlalchemy import Table

from . import arrays, together
from .database import Db
from .errors import HandlerFailed
from .failpoints import failpoint
from .service import Service, by_key
from .together import Query
from .working_set import Need, WorkingSet


class Loading:
    """Drives the needs of all messages in step, and beside them the names of their families.

    Each round is one round trip for everybody; what others want to know may ride along.
    """

    def __init__(self, service: Service, rules: Rules, messages: Sequence[Message]) -> None:
        failpoint("path.load")
        self.work = WorkingSet(service.name, service.keys, rules)
        self._service, self._messages = service, messages
        self._failed: dict[int, HandlerFailed] = {}
        self._names: list[set[str]] = [{m.event.key} for m in messages]
        self._naming: dict[int, Any] = {}
        self._needing: dict[int, Iterator[list[Need[Any]]]] = {}
        self._named_by: dict[Need[Any], None] = {}
        self._last: dict[Need[Any], None] = {}
        for n, m in enumerate(messages):
            self.work.look_at(m)
            if service.families is not by_key:
                self._naming[n] = service.families(m.event, self.work)
            if (route := service.route(m)) is not None:
                self._needing[n] = route.needs(m.event, self.work)
        self._wanted = self._next_wanted()

    async def round(self, db: Db, *riders: Query) -> list[list[Any]]:
        """One round trip; the rows that each rider asked for, each row as one value."""
        shapes: dict[tuple[type, tuple[str, ...]], list[Need[Any]]] = defaultdict(list)
        for n in self._wanted:
            if not self.work.has(n):
                shapes[n.kind, n.columns].append(n)
        asked = [(self._service.by_kind[kind].table, columns, needs) for (kind, columns), needs in shapes.items()]
        queries: list[Query] = [
            (arrays.select_whole(table, columns), arrays.as_arrays(len(columns), [n.values for n in needs]))
            for table, columns, needs in asked
        ]
        found = await together.read(db, [*riders, *queries]) if riders or queries else []
        for (table, _, needs), rows in zip(asked, found[len(riders) :], strict=True):
            self.work.took(needs, _as_kind(needs[0].kind, table, rows))
        self._wanted = self._next_wanted()
        return found[: len(riders)]

    async def named(self, db: Db) -> list[set[str]]:
        """For each message the names of those who must be locked together for it, as the rows have it."""
        while self._naming:
            await self.round(db)
        return self._names

    @property
    def told_by(self) -> Mapping[Need[Any], list[Any]]:
        """The rows by which the families were found."""
        return {n: self.work.find(n.kind, **dict(zip(n.columns, n.values, strict=True))) for n in self._named_by}

    async def rest(self, db: Db, handled: Iterable[Message]) -> None:
        """All that is left, counters last of all: whoever holds one waits for nobody.

        HandlerFailed where one of the messages that are handled could not say what it needs.
        """
        while self._needing or self._wanted:
            await self.round(db)
        for m in handled:
            if failed := self._failed.get(id(m)):
                raise failed
        await self._read_locked(db)

    def _next_wanted(self) -> list[Need[Any]]:
        wanted: dict[Need[Any], None] = {}
        for n, naming in list(self._naming.items()):
            self.work.look_at(self._messages[n])
            try:
                named_by = dict.fromkeys(next(naming))
            except StopIteration as end:
                self._names[n] = end.value
                del self._naming[n]
            except Exception as error:
                raise HandlerFailed(f"{type(error).__name__}: {error}") from error
            else:
                self._named_by |= named_by
                wanted |= named_by
        for n, needing in list(self._needing.items()):
            self.work.look_at(self._messages[n])
            try:
                wanted |= dict.fromkeys(next(needing))
            except StopIteration:
                del self._needing[n]
            except Exception as error:  # noqa: BLE001 - raised where this message is handled: it may be a repeat, or wait
                self._failed[id(self._messages[n])] = HandlerFailed(f"{type(error).__name__}: {error}")
                self._failed[id(self._messages[n])].__cause__ = error
                del self._needing[n]
        self._last |= {n: None for n in wanted if self._service.by_kind[n.kind].locked_last}
        return [n for n in wanted if n not in self._last] if self._last else list(wanted)

    async def _read_locked(self, db: Db) -> None:
        """Rows that everybody wants: made where missing, locked in key order, read after the lock."""
        for kind in {n.kind: None for n in self._last}:
            keeps = self._service.by_kind[kind]
            needs = sorted(
                (n for n in self._last if n.kind is kind and not self.work.has(n)), key=lambda n: tuple(n.values)
            )
            if not needs:
                continue
            key = keeps.key[0]
            await db.execute(
                f"insert into {keeps.table.name} ({key}, next_number) select k, 1 from unnest($1::text[]) k "
                "on conflict do nothing",
                [n.values[0] for n in needs],
            )
            query = arrays.select_where(keeps.table, (key,), f" order by t.{key} for update")
            found = await db.fetch(query, [n.values[0] for n in needs])
            self.work.took(needs, [kind(*row) for row in found])


def _as_kind(kind: type, table: Table, rows: Sequence[Any]) -> list[Any]:
    """Rows as what they are kept as; a column that a later migration added may stand elsewhere in the table."""
    if not rows:
        return []
    names = [c.name for c in table.columns]
    if list(rows[0].keys()) != names:
        return [kind(*[row[name] for name in names]) for row in rows]
    return [kind(*row) for row in rows]
