"""What a handler may touch: the rows its event needs, the instant, and the rule books. No I/O."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from o2c_contracts.event import Message, derived_id
from o2c_rules.calendars import Calendar
from o2c_rules.entities import UnknownEntity, local_date, zone
from o2c_rules.releasing.models import Models, Rules, general_book
from o2c_rules.rulebook import Decision, Facts, RuleBook, UnknownCalendar, Value

from .errors import NotLoaded

R = TypeVar("R")


class Need(NamedTuple, Generic[R]):
    """The rows of one kind whose columns, in the order of their names, have these values."""

    kind: type[R]
    columns: tuple[str, ...]
    values: tuple[Any, ...]


_in_order: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[int, ...] | None]] = {}


def _order_of(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """The names sorted, and where each of them stands among those given; None where they are sorted already.

    Asked for a dozen times an event, so each order is found once.
    """
    columns = tuple(sorted(names))
    places = None if columns == names else tuple(names.index(c) for c in columns)
    _in_order[names] = columns, places
    return columns, places


def need(kind: type[R], **where: Any) -> Need[R]:
    names = tuple(where)
    columns, places = _in_order.get(names) or _order_of(names)
    values = tuple(where.values())
    return Need(kind, columns, values if places is None else tuple([values[n] for n in places]))


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision with the id under which it is recorded and can be explained."""

    id: str
    subject: str
    decision: Decision
    legal_entity: str | None
    currency: str | None

    def __getitem__(self, name: str) -> Value:
        return self.decision[name]

    @property
    def rows(self) -> tuple[Any, ...]:
        return self.decision.rows

    @property
    def because(self) -> tuple[str, ...]:
        return self.decision.because

    @property
    def undecided(self) -> str | None:
        return self.decision.undecided


@dataclass(frozen=True, slots=True)
class Armed:
    """A deadline as a handler set it; no `due_at` means it is not wanted any more."""

    kind: str
    subject: str
    owner_key: str
    customer_id: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document that must reach the outside."""

    delivery_id: str
    kind: str
    subject: str
    owner_key: str
    customer_id: str | None
    content: Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What handling one message asked for beside its rows."""

    decisions: list[Asked] = field(default_factory=list)
    deadlines: list[Armed] = field(default_factory=list)
    deliveries: list[Wanted] = field(default_factory=list)


class WorkingSet:
    """Rows by what was asked for. `find` and `get` see what this slice has changed; what was not named is refused."""

    def __init__(self, service: str, keys: Mapping[type, tuple[str, ...]], rules: Rules) -> None:
        self._service = service
        self.book = general_book(rules)
        """What decides, at the instant of the event, where no contract has a model of its own."""
        self._models = rules if isinstance(rules, Models) and not rules.single else None
        self._key_of = {kind: attrgetter(*columns) for kind, columns in keys.items()}
        self._rows: dict[type, dict[Any, Any]] = {kind: {} for kind in keys}
        self._changed: dict[type, dict[Any, Any]] = {kind: {} for kind in keys}
        self._answers: dict[type, dict[tuple[str, ...], _Answers]] = {kind: {} for kind in keys}
        self.cause: Message
        self._today: tuple[tuple[str, datetime], date] | None = None

    def look_at(self, cause: Message) -> None:
        """For the store, while it finds out what an event needs."""
        self.cause = cause
        self.at: datetime = cause.envelope.recorded_at
        self.on: date = cause.envelope.business_date
        if self._models is not None:
            self.book = self._models.general(self.at)
        self._named: Tally[tuple[str, str]] | None = None

    def begin(self, cause: Message) -> None:
        """For the path, before each event: because of what, and when it was recorded."""
        self.look_at(cause)
        self.outcome = Outcome()

    # Rows

    def find(self, kind: type[R], **where: Any) -> list[R]:
        """Rows of a need of exactly these columns, in key order, with what this slice has changed."""
        names = tuple(where)
        columns, places = _in_order.get(names) or _order_of(names)
        values = tuple(where.values())
        if places is not None:
            values = tuple([values[n] for n in places])
        try:
            keys = self._answers[kind][columns].keys[values]
        except KeyError:
            raise NotLoaded(f"{kind.__name__} where {where}: not among this event's needs") from None
        if not keys:
            return []
        rows = self._rows[kind]
        return [rows[key] for key in (keys if len(keys) == 1 else sorted(keys))]

    def get(self, kind: type[R], **key: Any) -> R | None:
        """The one row of a need, or None."""
        found = self.find(kind, **key)
        return found[0] if found else None

    def put(self, row: Any) -> None:
        """Write a row, new or changed."""
        kind = type(row)
        key = self._key_of[kind](row)
        rows = self._rows[kind]
        before = rows.get(key)
        if before == row:
            return
        rows[key] = self._changed[kind][key] = row
        for answers in self._answers[kind].values():
            answers.moved(key, before, row)

    @property
    def changed(self) -> dict[type, list[Any]]:
        """For the store: what must be written."""
        return {kind: list(rows.values()) for kind, rows in self._changed.items() if rows}

    # Decisions

    def ask(
        self,
        table: str,
        facts: Facts,
        *,
        subject: str,
        on: date | None = None,
    ) -> Asked:
        """The only way to decide; asking records.

        `on`: the document's, service, tax-point or value date where the table's version is chosen by one; a table
        that goes by recorded time does not listen to it. `facts`: the whole fact sheet of this kind of decision;
        `legal_entity` and `currency` in it say whose money is concerned, `contract_id` by which model it is decided.
        """
        entity, currency = facts.get("legal_entity"), facts.get("currency")
        book = self.book if self._models is None else self.book_of(_contract(facts))
        if book.version_by(table) == "recorded":
            on = self.today(entity) if isinstance(entity, str) else self.at.date()
        elif self._models is not None and on is not None:
            book = self._models.on(on, self._zone(entity), _contract(facts))
        decision = book.decide(table, facts, on)
        asked = Asked(
            self.new_id(f"decision {table}", subject),
            subject,
            decision,
            entity if isinstance(entity, str) else None,
            currency if isinstance(currency, str) else None,
        )
        self.outcome.decisions.append(asked)
        return asked

    def book_of(self, contract_id: str | None) -> RuleBook:
        """By what a document of this contract is decided: for its calendars, and to look ahead."""
        if self._models is None or contract_id is None:
            return self.book
        return self._models.of(contract_id, self.at)

    def calendar(self, name: str, contract_id: str | None) -> Calendar:
        """By the contract's rules, or else by everybody's: a cut-over may come while something runs on a calendar.

        UnknownCalendar where neither has one of that name.
        """
        try:
            return self.book_of(contract_id).calendar(name)
        except UnknownCalendar:
            return self.book.calendar(name)

    def today(self, legal_entity: str) -> date:
        """The day it is for a legal entity at the recorded instant."""
        if self._today is None or self._today[0] != (legal_entity, self.at):
            self._today = (legal_entity, self.at), local_date(self.book, legal_entity, self.at)
        return self._today[1]

    def _zone(self, entity: Value | None) -> tzinfo:
        """In whose time a document's day begins."""
        try:
            return zone(self.book, entity) if isinstance(entity, str) else UTC
        except UnknownEntity:
            return UTC

    # Time, documents, names

    def arm(
        self, kind: str, subject: str, due_at: datetime, *, key: str | None = None, customer_id: str | None = None
    ) -> None:
        """Wake `subject` at `due_at`; what was armed before under this kind and subject is replaced."""
        owner = key or (f"c:{customer_id}" if customer_id else self.cause.event.key)
        customer_id = customer_id or (owner[2:] if owner.startswith("c:") else None)
        self.outcome.deadlines.append(Armed(kind, subject, owner, customer_id, due_at))

    def disarm(self, kind: str, subject: str) -> None:
        """Not wanted any more; nothing happens where nothing was armed."""
        self.outcome.deadlines.append(Armed(kind, subject, self.cause.event.key, None, None))

    def deliver(self, kind: str, subject: str, content: Mapping[str, Any], *, customer_id: str) -> None:
        """Queue a document for the outside; `content` is plain JSON, enough to render it at any time."""
        delivery_id = self.new_id(f"delivery {kind}", subject)
        self.outcome.deliveries.append(Wanted(delivery_id, kind, subject, f"c:{customer_id}", customer_id, content))

    def new_id(self, kind: str, subject: str) -> str:
        """A name for something new that this event makes: the same whenever the event is handled again."""
        if self._named is None:
            self._named = Tally()
        ordinal = self._named[kind, subject]
        self._named[kind, subject] += 1
        return derived_id(self.cause.envelope, self._service, kind, subject, ordinal)

    # For the store

    def has(self, wanted: Need[Any]) -> bool:
        """This need is answered already."""
        answers = self._answers[wanted.kind].get(wanted.columns)
        return answers is not None and wanted.values in answers.keys

    def took(self, wanted: Iterable[Need[Any]], rows: Iterable[Any]) -> None:
        """These needs, all of one kind and the same columns, are answered by these rows."""
        for n in wanted:
            answers = self._answers[n.kind].get(n.columns)
            if answers is None:
                answers = self._answers[n.kind][n.columns] = _Answers(n.columns)
                for key, row in self._rows[n.kind].items():
                    answers.late(key, row)
            answers.asked(n.values)
        for row in rows:
            kind = type(row)
            key = self._key_of[kind](row)
            held = self._rows[kind].setdefault(key, row)
            for answers in self._answers[kind].values():
                answers.moved(key, None, held)


def _contract(facts: Facts) -> str | None:
    contract = facts.get("contract_id")
    return contract if isinstance(contract, str) else None


class _Answers:
    """For one set of columns: which rows have which values, for the values that were asked for."""

    __slots__ = ("_others", "_values_of", "keys")

    def __init__(self, columns: tuple[str, ...]) -> None:
        of = attrgetter(*columns)
        self._values_of = of if len(columns) > 1 else lambda row: (of(row),)
        self.keys: dict[tuple[Any, ...], set[Any]] = {}
        self._others: dict[tuple[Any, ...], set[Any]] = {}

    def late(self, key: Any, row: Any) -> None:
        """A row that is held already, for values that may be asked for."""
        self._others.setdefault(self._values_of(row), set()).add(key)

    def asked(self, values: tuple[Any, ...]) -> None:
        if values not in self.keys:
            self.keys[values] = self._others.pop(values, set())

    def moved(self, key: Any, before: Any, after: Any) -> None:
        if before is not None:
            was = self._values_of(before)
            for held in (self.keys.get(was), self._others.get(was)):
                if held is not None:
                    held.discard(key)
        now = self._values_of(after)
        keys = self.keys.get(now)
        if keys is None:
            keys = self._others.setdefault(now, set())
        keys.add(key)
