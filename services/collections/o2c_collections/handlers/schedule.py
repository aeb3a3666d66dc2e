"""When an item may go its next step: the ladder asked about the days to come, so that nobody wakes up for nothing.

Looking ahead decides nothing and records nothing; on the day itself the ladder is asked again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from weakref import WeakKeyDictionary

from o2c_chassis.working_set import WorkingSet
from o2c_rules.cells import Interval
from o2c_rules.entities import zone
from o2c_rules.rulebook import Decision, Facts, RuleBook, Value
from o2c_rules.table import Table

from o2c_collections import facts
from o2c_collections.domain.accounts import Account, Customer
from o2c_collections.domain.items import Item

TABLE = "collections/ladder"
DEADLINE = "dunning"
PAST_DUE, SINCE_LETTER, BALANCE = "days_past_due", "days_since_letter", "balance_minor"
_AHEAD_MOST = 366
_REMEMBERED_MOST = 100_000
_DAY = timedelta(days=1)


Step = tuple[int, str]
"""The local hour of a letter, and what it brings: `level 2`, or who takes the item over."""


def step_of(item: Item, decision: Decision) -> Step | None:
    """Whether and how the ladder takes this item further: up a level, or on to second-level collection."""
    level, hour, to = decision["next_level"], decision["hour"], decision["hand_over"]
    if not isinstance(hour, int):
        return None
    if isinstance(level, int) and level > item.level:
        return hour, f"level {item.level + 1}"
    return (hour, str(to)) if to is not None else None


class Ladder:
    """The ladder of one bundle and the days on which its answer can change; answers are remembered by what rows ask."""

    _of: ClassVar["WeakKeyDictionary[RuleBook, Ladder]"] = WeakKeyDictionary()

    def __init__(self, book: RuleBook) -> None:
        self._versions = book.versions(TABLE)
        asked = {name for version in self._versions for row in version.rows for name in row.cells}
        given = {fact.name for version in self._versions for fact in version.facts if fact.expression is None}
        self._derives = not asked <= given
        self._columns = tuple(sorted(given if self._derives else asked))
        self._starts = [version.effective_from for version in self._versions]
        self._past_due = _marks(self._versions, PAST_DUE)
        self._since_letter = _marks(self._versions, SINCE_LETTER)
        self._remembered: dict[tuple[Value, ...], Step | None] = {}

    @classmethod
    def of(cls, book: RuleBook) -> "Ladder":
        found = cls._of.get(book)
        if found is None:
            found = cls._of[book] = cls(book)
        return found

    @property
    def asks_balance(self) -> bool:
        """One item's step then depends on the others."""
        return BALANCE in self._columns

    def step(self, book: RuleBook, item: Item, sheet: Facts, on: date) -> Step | None:
        """What the ladder would say that day."""
        version = sum(start <= on for start in self._starts)
        key = (version, *[sheet.get(name) for name in self._columns])
        try:
            return self._remembered[key]
        except KeyError:
            step = step_of(item, book.decide(TABLE, sheet, on))
        if len(self._remembered) >= _REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[key] = step
        return step

    def days(self, item: Item, first: date) -> Iterator[date]:
        """The days from `first` on at which its answer for this item can change, in order."""
        if self._derives:  # A derived fact may turn on any day.
            yield from (first + timedelta(days=n) for n in range(_AHEAD_MOST))
            return
        found = {first, *self._starts}
        if item.due_on:
            found.update(item.due_on + mark for mark in self._past_due)
        if item.level_on:
            found.update(item.level_on + mark for mark in self._since_letter)
        yield from sorted(day for day in found if day >= first)


def planned(work: WorkingSet, customer: Customer, account: Account, item: Item) -> Item:
    """The item with the earliest letter hour after this instant at which the ladder may take it further."""
    if not item.dunnable:
        return replace(item, next_at=None, next_step="")
    book = work.book_of(item.contract_id)
    ladder = Ladder.of(book)
    first = work.today(item.legal_entity)
    if account.last_letter_on is not None:
        first = max(first, account.last_letter_on + _DAY)
    balance = balance_of(work, item) if ladder.asks_balance else 0
    for day in ladder.days(item, first):
        step = ladder.step(book, item, facts.ladder(item, customer, day, balance), day)
        if step is not None:
            hour, what = step
            at = local_hour(work.book, item.legal_entity, day, hour)
            if at <= work.at:
                at = local_hour(work.book, item.legal_entity, day + _DAY, hour)
            return replace(item, next_at=at, next_step=what)
    return replace(item, next_at=None, next_step="")


def local_hour(book: RuleBook, legal_entity: str, day: date, hour: int) -> datetime:
    """A full hour of a day by the legal entity's clocks, in UTC."""
    return datetime.combine(day, time(hour), zone(book, legal_entity)).astimezone(UTC)


def balance_of(work: WorkingSet, item: Item) -> int:
    """All that is open on the item's account in its currency, itself included, in minor units."""
    mine = {i.invoice_number: i for i in open_items(work, item.customer_id, item.legal_entity)}
    mine[item.invoice_number] = item
    return sum(i.open_minor for i in mine.values() if i.currency == item.currency)


def open_items(work: WorkingSet, customer_id: str, legal_entity: str) -> list[Item]:
    """Of one account; needs the customer's open items."""
    return [i for i in work.find(Item, customer_id=customer_id, open=True) if i.legal_entity == legal_entity]


def settle(work: WorkingSet, customer: Customer, account: Account, changed: Iterable[Item]) -> None:
    """Write changed items of an account with their next steps, and arm its deadline at the earliest of all."""
    items = {item.invoice_number: item for item in changed}
    for item in items.values():
        work.put(item)
    others = open_items(work, account.customer_id, account.legal_entity)
    asking = [i for i in others if Ladder.of(work.book_of(i.contract_id)).asks_balance]
    items = {i.invoice_number: i for i in asking} | items
    for item in items.values():
        work.put(planned(work, customer, account, item))
    arm(work, customer, account)


def arm(work: WorkingSet, customer: Customer, account: Account) -> None:
    """Wake the account at its items' earliest next step; not while cash is blocked, nor when nothing can become due."""
    steps_at = [i.next_at for i in open_items(work, account.customer_id, account.legal_entity) if i.next_at]
    next_at = None if customer.blocked else min(steps_at, default=None)
    if next_at == account.next_at:
        work.put(account)
        return
    subject = f"{account.customer_id}/{account.legal_entity}"
    if next_at is None:
        work.disarm(DEADLINE, subject)
    else:
        work.arm(DEADLINE, subject, next_at, customer_id=account.customer_id)
    work.put(replace(account, next_at=next_at))


def _marks(versions: Iterable[Table], name: str) -> list[timedelta]:
    """Days at which a cell of this column begins or ends to hold."""
    cells = [row.cells[name] for version in versions for row in version.rows if name in row.cells]
    bounds = {b for cell in cells for t in cell.tests if isinstance(t, Interval) for b in (t.low, t.high)}
    whole = {int(b) for b in bounds if isinstance(b, int)}
    return sorted(timedelta(days=day) for bound in whole for day in (bound, bound + 1))
