"""The path: decode, lock, move, look, hold back, claim, load, decide, save, enqueue, arm, queue, record, commit.

The same for all services and for everything that changes them: records, deadlines, ended deliveries, commands. Four
round trips where everything needed is named at once: lock and move, look, write, commit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from asyncpg import UniqueViolationError
from o2c_contracts import wire
from o2c_contracts.event import LIVE, Message
from o2c_contracts.wire import Record
from o2c_rules.releasing.models import Rules, general_book

from . import deadlines, decisions, deliveries, outbox, parking, together
from .bus import Slice, Span
from .clock import Clock
from .database import Database, Db
from .decide import Consequences, decide
from .errors import Again, FamilyMoved, FromTheFuture, IdentityTaken, NoBooks, Unreadable, of_the_record
from .inbox import Arrival, claim, expect_moved, heard_query, known_query, move_text, sort_out
from .loading import Loading
from .locking import Families, lock_names, lock_text
from .parking import Waiting
from .pending import Pending
from .quarantine import Discard, Quarantine
from .reception import Reception
from .service import Service
from .sources import Sources
from .store import save
from .tables import inbox
from .together import Query, Writes

_FEW = 8
"""Messages whose chains may be locked at once: they are through before anybody notices."""


class Own(Protocol):
    """What a service promised itself, as `deadlines` and `deliveries` keep it."""

    def still_query(self, messages: Sequence[Message]) -> Query:
        """The rows of those that are still to be handled, locked."""

    def still(self, messages: Sequence[Message], rows: Sequence[Any]) -> list[Message]:
        """Their messages."""


@dataclass(slots=True)
class Turn:
    """One transaction under its families' locks: what was read for it, and what it will write."""

    db: Db
    loading: Loading
    streams: Sequence[Any]
    """Heads of this service's own stream under the keys of these messages."""
    chains: Sequence[Any] | None
    """Heads of their decision chains, locked; None: not yet."""
    writes: Writes = field(default_factory=Writes)
    taken: Sequence[Message] = ()
    """Those that are this service's own deadlines and deliveries."""


class Path:
    """One service's way from what arrives to what is committed."""

    def __init__(
        self, service: Service, database: Database, rules: Callable[[], Rules], clock: Clock, world: str = LIVE
    ) -> None:
        self.service, self.database, self.clock, self.world = service, database, clock, world
        self.rules = rules
        self.families = Families(service)
        self.reception = Reception(service, Sources(lambda: general_book(rules())), world)
        self.pending = Pending()
        self.quarantine = Quarantine(service, database, clock, self.pending, world)
        self._counts = any(k.locked_last for k in service.keeps)

    async def on_slices(self, slices: Sequence[Slice]) -> None:
        """Apply records in order. Returning means: they are durable. One bad record never takes others with it."""
        await self.quarantine.refuse_when_halted()
        try:
            arrivals, unreadable = self._decoded(slices)
            names = self._guessed(arrivals)
            spans = [s.span for s in slices]
            async with self.database.opened(lock_text(names.all), move_text(spans)) as (db, tag):
                expect_moved(tag, spans)
                for place, record, reason in unreadable:
                    await self.quarantine.put_aside(db, place, record, reason)
                await self._apply(db, arrivals, names)
        except Again:
            await self.on_slices(slices)
        except Exception as error:
            if not of_the_record(error):
                raise  # The same slices come again; nothing was committed.
            if sum(len(s.records) for s in slices) > 1:
                for alone in _one_by_one(slices):
                    await self.on_slices([alone])
            else:
                await self._park(next(s for s in slices if s.records), error)

    async def _apply(self, db: Db, arrivals: Sequence[Arrival], names: "_Names") -> None:
        """From what has arrived to the brink of the commit, under these locks. FamilyMoved comes before any write."""
        if not arrivals:
            return
        messages = [a.message for a in arrivals if a.message is not None]
        questions = [parking.blocked_query(names.all), heard_query(arrivals), known_query(arrivals)]
        turn, (stopped, heard, known) = await self.enter(db, messages, names.of_messages, *questions)
        free = await self._hold_back(db, arrivals, names.of_arrivals, set(stopped))
        claimed = sort_out(free, heard, known)
        for a in claimed.reused:
            reason = parking.Reason("id-reused", "the same source and id came with another body", blocks=False)
            await self.quarantine.put_aside(db, _place(a), a.record, reason)
        claim(turn.writes, claimed)
        await self.carry_out(turn, claimed.fresh)

    async def enter(
        self, db: Db, messages: Sequence[Message], names: list[set[str]], *questions: Query
    ) -> tuple[Turn, list[list[Any]]]:
        """The first look under the locks of `names`, which must be the messages' families, else FamilyMoved: the rows
        that they need first, the heads that they may move, and what else is asked, in one round trip.
        """
        keys = [m.event.key for m in messages]
        heads = [outbox.heads_query(keys)]
        # Chain heads are locked after counters by whoever locks both; and early only by those who hold them shortly.
        if early := not self._counts and len(messages) <= _FEW:
            heads.append(decisions.heads_query(keys))
        loading = Loading(self.service, self.rules(), messages)
        streams, *more = await loading.round(db, *heads, *questions)
        await self.families.check(db, loading, names)
        return Turn(db, loading, streams, more.pop(0) if early else None), more

    async def carry_out(self, turn: Turn, messages: Sequence[Message]) -> Consequences:
        """What nobody has handled yet, under its families' locks: rows in, decisions, rows and events out."""
        writes, result = turn.writes, Consequences()
        if messages:
            await turn.loading.rest(turn.db, messages)
            result = decide(self.service, messages, turn.loading.work)
            save(writes, self.service, turn.loading.work)
            deadlines.arm(writes, result.armed, turn.taken)
            deliveries.end(writes, turn.taken)
            deliveries.queue(writes, result.wanted)
            streams, chains = await self._heads(turn, result, {m.event.key for m in messages})
            outbox.enqueue(writes, self.service.name, result.told, streams)
            decisions.record(writes, result.asked, chains)
        try:
            await writes.send(turn.db)
        except UniqueViolationError as error:
            if error.table_name == inbox.name:
                raise IdentityTaken from error
            raise
        self.pending.note(result)
        return result

    async def _heads(self, turn: Turn, result: Consequences, read: set[str]) -> tuple[list[Any], list[Any]]:
        """Of the streams and chains that this moves; those that were not read at first are read now, last of all."""
        streams, chains = list(turn.streams), list(turn.chains or ())
        others = {m.event.key for m in result.told} - read
        unlocked = result.asked if turn.chains is None else ()
        if others or unlocked:
            keys = [m.event.key for m, _ in unlocked]
            more = await together.read(turn.db, [outbox.heads_query(others), decisions.heads_query(keys)])
            streams, chains = streams + more[0], chains + more[1]
        return streams, chains

    async def on_own(self, messages: Sequence[Message], own: Own) -> set[str]:
        """Deadlines or ended deliveries, from this service's own tables; the keys of those that have to wait."""
        try:
            names = self.families.guess(messages, self.rules())
            async with self.database.opened(lock_text(_all(names))) as (db, _):
                questions = [parking.blocked_query(_all(names)), own.still_query(messages)]
                turn, (stopped, rows) = await self.enter(db, messages, names, *questions)
                free = [m for m, families in zip(messages, names, strict=True) if not families & set(stopped)]
                turn.taken = own.still(free, rows)
                await self.carry_out(turn, turn.taken)
                return {m.event.key for m in messages} - {m.event.key for m in free}
        except Again:
            return await self.on_own(messages, own)
        except Exception as error:
            if not of_the_record(error):
                raise
            if len(messages) > 1:
                return set().union(*[await self.on_own([m], own) for m in messages])
            await self._park_own(messages[0], own, error)
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
        self.pending.look_again()
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
        """In a transaction that is under way; other families than guessed are locked besides."""
        if (own := self.reception.own(row)) is not None:
            turn, _, _ = await self._entered(db, own)
            await self.carry_out(turn, [own])
            return None
        slice_ = Slice(Span(row.topic, "", row.partition, row.record.offset, 0), [row.record])
        arrivals, unreadable = self._decoded([slice_])
        for place, record, reason in unreadable:
            await self.quarantine.put_aside(db, place, record, reason)
        while True:
            names = self._guessed(arrivals)
            await lock_names(db, names.all)
            try:
                return await self._apply(db, arrivals, names)
            except FamilyMoved:
                continue

    async def _entered(self, db: Db, message: Message, *questions: Query) -> tuple[Turn, set[str], list[list[Any]]]:
        """The same for one message that is not claimed here; its family besides."""
        while True:
            [names] = self.families.guess([message], self.rules())
            await lock_names(db, names)
            try:
                turn, found = await self.enter(db, [message], [names], *questions)
            except FamilyMoved:
                continue
            return turn, names, found

    def _decoded(self, slices: Iterable[Slice]) -> tuple[list[Arrival], list[tuple[Span, Record, parking.Reason]]]:
        """What concerns us; and what can never be read, which is put aside and blocks nobody."""
        found, unreadable = [], []
        for s in slices:
            for r in s.records:
                try:
                    arrival = self.reception.arrive(s.span, r)
                except FromTheFuture:
                    raise
                except Unreadable as error:
                    place = Span(s.span.topic, s.span.topic_id, s.span.partition, r.offset, r.offset + 1)
                    unreadable.append((place, r, parking.Reason(error.code, str(error), blocks=False)))
                else:
                    found += [arrival] if arrival else []
        return found, unreadable

    def _guessed(self, arrivals: Sequence[Arrival]) -> "_Names":
        guessed = self.families.guess([a.message for a in arrivals if a.message is not None], self.rules())
        of_messages = iter(guessed)
        return _Names(guessed, [{_key(a)} if a.message is None else next(of_messages) | {_key(a)} for a in arrivals])

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
        [raw] = alone.records
        async with self.database.opened(move_text([alone.span])) as (db, tag):
            expect_moved(tag, [alone.span])
            if isinstance(error, FromTheFuture):
                names = {(raw.key or b"").decode(errors="replace")}
            else:
                arrival = self.reception.arrive(alone.span, raw)
                assert arrival is not None
                if isinstance(error, NoBooks) and arrival.stream is None:
                    aside = parking.Reason(error.code, str(error), blocks=False)
                    await self.quarantine.put_aside(db, _place(arrival), raw, aside)
                    return
                names = {_key(arrival)}
                if arrival.message is not None:
                    names |= (await self._entered(db, arrival.message))[1]
                await lock_names(db, names)
            await self.quarantine.block(db, alone.span, raw, error, names)

    async def _park_own(self, message: Message, own: Own, error: Exception) -> None:
        async with self.database.transaction() as db:
            turn, names, (rows,) = await self._entered(db, message, own.still_query([message]))
            if taken := own.still([message], rows):
                deadlines.arm(turn.writes, (), taken)
                deliveries.end(turn.writes, taken)
                await turn.writes.send(db)
                place = Span(message.envelope.source, "", 0, 0, 1)
                await self.quarantine.block(db, place, wire.encode(message), error, names)


@dataclass(frozen=True, slots=True)
class _Names:
    """Guessed families of a slice: of its messages, and of all that arrived, the record's key among them."""

    of_messages: list[set[str]]
    of_arrivals: list[set[str]]
    """Those included of which only the version counts."""

    @property
    def all(self) -> set[str]:
        return _all(self.of_arrivals)


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
