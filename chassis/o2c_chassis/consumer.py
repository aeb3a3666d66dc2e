"""The path: position, decode, lock, hold back, claim, load, decide, save, enqueue, arm, queue, record, commit.

The same for all services and for everything that changes them: records, deadlines, ended deliveries, commands.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from o2c_contracts import wire
from o2c_contracts.event import LIVE, Message
from o2c_rules.rulebook import RuleBook

from . import deadlines, decisions, deliveries, outbox, parking, together
from .bus import Slice, Span
from .clock import Clock
from .database import Database, Db
from .decide import Consequences, decide
from .errors import FamilyMoved, FromTheFuture, Unreadable, of_the_record
from .inbox import Arrival, claim, heard_query, move_positions
from .parking import Waiting
from .pending import Pending
from .quarantine import Discard, Quarantine
from .reception import Reception
from .service import Service
from .sources import Sources
from .store import load, lock, lock_names, save
from .together import Writes
from .working_set import WorkingSet

Take = Callable[[Db, Sequence[Message]], Awaitable[list[Message]]]


class Path:
    """One service's way from what arrives to what is committed."""

    def __init__(
        self, service: Service, database: Database, rules: Callable[[], RuleBook], clock: Clock, world: str = LIVE
    ) -> None:
        self.service, self.database, self.clock, self.world = service, database, clock, world
        self._rules = rules
        self.reception = Reception(service, Sources(rules), world)
        self.pending = Pending()
        self.quarantine = Quarantine(service, database, clock, self.pending, world)

    async def on_slices(self, slices: Sequence[Slice]) -> None:
        """Apply records in order. Returning means: they are durable. One bad record never takes others with it."""
        await self.quarantine.refuse_when_halted()
        try:
            async with self.database.transaction() as db:
                await move_positions(db, [s.span for s in slices])
                await self._apply(db, await self._arrivals(db, slices))
        except FamilyMoved:
            await self.on_slices(slices)
        except Exception as error:
            if not of_the_record(error):
                raise  # The same slices come again; nothing was committed.
            if sum(len(s.records) for s in slices) > 1:
                for alone in _one_by_one(slices):
                    await self.on_slices([alone])
            else:
                await self._park(next(s for s in slices if s.records), error)

    async def _apply(self, db: Db, arrivals: Sequence[Arrival]) -> Consequences:
        """From what has arrived to the brink of the commit."""
        work, families = await self._lock(db, arrivals)
        stopped, heads = await self._standing(db, arrivals, families)
        free = await self._hold_back(db, arrivals, families, stopped)
        fresh, reused = await claim(db, free, heads)
        for a in reused:
            reason = parking.Reason("id-reused", "the same source and id came with another body", blocks=False)
            await self.quarantine.put_aside(db, _place(a), a.record, reason)
        return await self.carry_out(db, work, fresh)

    async def carry_out(self, db: Db, work: WorkingSet, messages: Sequence[Message]) -> Consequences:
        """What nobody has handled yet, under its families' locks: rows in, decisions, rows and events out."""
        if not messages:
            return Consequences()
        await load(db, self.service, work, messages)
        result = decide(self.service, messages, work)
        writes = Writes()
        save(writes, self.service, work)
        deadlines.arm(writes, result.armed)
        deliveries.queue(writes, result.wanted)
        if result.told or result.asked:
            queries = [outbox.heads_query(result.told), decisions.heads_query(result.asked)]
            told, chains = await together.read(db, queries)
            outbox.enqueue(writes, self.service.name, result.told, told)
            decisions.record(writes, result.asked, chains)
        await writes.send(db)
        self.pending.note(result)
        return result

    async def on_own(self, messages: Sequence[Message], take: Take) -> set[str]:
        """Deadlines or ended deliveries, from this service's own tables; the keys of those that have to wait."""
        try:
            async with self.database.transaction() as db:
                work, families = await lock(db, self.service, messages, self._rules())
                stopped = await parking.blocked(db, _all(families))
                free = [m for m, names in zip(messages, families, strict=True) if not names & stopped]
                await self.carry_out(db, work, await take(db, free))
                return {m.event.key for m in messages} - {m.event.key for m in free}
        except FamilyMoved:
            return await self.on_own(messages, take)
        except Exception as error:
            if not of_the_record(error):
                raise
            if len(messages) > 1:
                return set().union(*[await self.on_own([m], take) for m in messages])
            await self._park_own(messages[0], take, error)
            return set()

    async def take_up(self, family: str, but: Discard | None = None) -> int:
        """After the mend: everything that waits with this family, in order, in one transaction; how many.

        `but`: one of them that two people give up.
        """
        async with self.database.transaction() as db:
            rows, names = await self.quarantine.release(db, family)
            for row in rows:
                if but is not None and row.id == but.number:
                    await self.quarantine.give_up(db, row, but)
                else:
                    await self._again(db, row)
            await self.quarantine.told_unblocked(db, names, rows)
        return len(rows)

    async def try_again(self, number: int) -> int | None:
        """A record that blocks nobody, once more; its new number where it had to be put aside again."""
        async with self.database.transaction() as db:
            row = await parking.taken(db, number)
            if row is None:
                return None
            await self._again(db, row)
            return await parking.newest_after(db, number, row)

    async def give_up(self, discard: Discard) -> set[str]:
        """This one alone, whatever waits behind it; the names that it waits with."""
        async with self.database.transaction() as db:
            names = await parking.names_of(db, discard.number)
            await lock_names(db, names)
            row = await parking.taken(db, discard.number, even_blocking=True)
            if row is not None:
                await self.quarantine.give_up(db, row, discard)
            return names

    async def _again(self, db: Db, row: Waiting) -> None:
        if (own := self.reception.own(row)) is not None:
            work, _ = await lock(db, self.service, [own], self._rules())
            await self.carry_out(db, work, [own])
        else:
            slice_ = Slice(Span(row.topic, "", row.partition, row.record.offset, 0), [row.record])
            await self._apply(db, await self._arrivals(db, [slice_]))

    async def _arrivals(self, db: Db, slices: Iterable[Slice]) -> list[Arrival]:
        """What concerns us, decoded; what can never be read is put aside here and blocks nobody."""
        found = []
        for s in slices:
            for r in s.records:
                try:
                    arrival = self.reception.arrive(s.span, r)
                except FromTheFuture:
                    raise
                except Unreadable as error:
                    place = Span(s.span.topic, s.span.topic_id, s.span.partition, r.offset, r.offset + 1)
                    await self.quarantine.put_aside(db, place, r, parking.Reason(error.code, str(error), blocks=False))
                else:
                    found += [arrival] if arrival else []
        return found

    async def _lock(self, db: Db, arrivals: Sequence[Arrival]) -> tuple[WorkingSet, list[set[str]]]:
        """The families of all arrivals, those included of which only the version counts."""
        messages = [a.message for a in arrivals if a.message is not None]
        others = {_key(a) for a in arrivals if a.message is None}
        work, named = await lock(db, self.service, messages, self._rules(), others)
        names = iter(named)
        return work, [next(names) | {_key(a)} if a.message is not None else {_key(a)} for a in arrivals]

    async def _standing(
        self, db: Db, arrivals: Sequence[Arrival], families: Sequence[set[str]]
    ) -> tuple[set[str], list[Any]]:
        """Under the locks: all names that wait together with any of these, and the last versions heard."""
        if not arrivals:
            return set(), []
        stopped, heads = await together.read(db, [parking.blocked_query(_all(families)), heard_query(arrivals)])
        return set(stopped), heads

    async def _hold_back(
        self, db: Db, arrivals: Sequence[Arrival], families: Sequence[set[str]], stopped: set[str]
    ) -> list[Arrival]:
        """A family with a parked event waits whole: order is kept. What waits is not claimed."""
        if not stopped:
            return list(arrivals)
        free = []
        for a, names in zip(arrivals, families, strict=True):
            if names & stopped:
                stopped |= names
                reason = parking.Reason("waits", "an earlier event of this family is parked", blocks=True, waits=True)
                await self.quarantine.put_aside(db, _place(a), a.record, reason, names)
            else:
                free.append(a)
        return free

    async def _park(self, alone: Slice, error: Exception) -> None:
        async with self.database.transaction() as db:
            await move_positions(db, [alone.span])
            [raw] = alone.records
            if isinstance(error, FromTheFuture):
                names = {(raw.key or b"").decode(errors="replace")}
                await self.quarantine.block(db, alone.span, raw, error, names)
                return
            arrival = self.reception.arrive(alone.span, raw)
            assert arrival is not None
            _, [names] = await self._lock(db, [arrival])
            await self.quarantine.block(db, alone.span, raw, error, names)

    async def _park_own(self, message: Message, take: Take, error: Exception) -> None:
        async with self.database.transaction() as db:
            _, [names] = await lock(db, self.service, [message], self._rules())
            if await take(db, [message]):
                place = Span(message.envelope.source, "", 0, 0, 1)
                await self.quarantine.block(db, place, wire.encode(message), error, names)


def _one_by_one(slices: Iterable[Slice]) -> Iterator[Slice]:
    """Each record in a slice of its own; together they cover the same spans."""
    for s in slices:
        at = s.span.first
        for n, r in enumerate(s.records, 1):
            after = s.span.after if n == len(s.records) else r.offset + 1
            yield Slice(Span(s.span.topic, s.span.topic_id, s.span.partition, at, after), [r])
            at = after


def _key(arrival: Arrival) -> str:
    return (arrival.record.key or b"").decode(errors="replace")


def _place(a: Arrival) -> Span:
    return Span(a.topic, "", a.partition, a.record.offset, a.record.offset + 1)


def _all(families: Iterable[set[str]]) -> set[str]:
    return set().union(*families)
