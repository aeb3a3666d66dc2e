"""Contracts as billing needs them: terms with the date from which they hold, and what is charged every month."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from o2c_contracts.event import Part
from o2c_contracts.fields import Day, Exact
from o2c_contracts.master import ContractLine
from o2c_contracts.orders import ContractActivated, ContractAmended

from .periods import DAY, Period, period
from .written import read, written

FOREVER = date.max
CALENDAR, ANCHORED = "calendar", "anchored"
"""Charged months follow the calendar, or begin on the line's own start day."""


class Terms(Part):
    """One version of a contract; it holds from `effective_on` until a later version holds."""

    version: int
    effective_on: Day
    starts_on: Day
    ends_on: Day | None
    terms_days: int
    discount_percent: Exact | None = None
    discount_days: int | None = None
    lines: tuple[ContractLine, ...] = ()

    def line(self, line_id: str) -> ContractLine | None:
        return next((line for line in self.lines if line.line_id == line_id), None)


def in_order(versions: Iterable[Terms]) -> list[Terms]:
    """By the days from which they hold, in whatever order they were agreed and heard."""
    return sorted(versions, key=lambda t: (t.effective_on, t.version))


class Charged(NamedTuple):
    """Which months of a line were charged, counted from the day with which its first charge began."""

    anchor: date
    before: int
    """Months before the anchor's: charged when an amendment let the line begin earlier."""
    months: int
    """From the anchor's on."""


class Stretch(NamedTuple):
    """Days of a charged month on which one price and quantity held."""

    first: date
    last: date
    version: int
    line: ContractLine


def terms_of(event: ContractActivated) -> Terms:
    """The version that an activation or amendment brings."""
    return Terms(
        version=event.version,
        effective_on=event.effective_on if isinstance(event, ContractAmended) else event.starts_on,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        terms_days=event.terms_days,
        discount_percent=event.discount_percent,
        discount_days=event.discount_days,
        lines=event.lines,
    )


@dataclass(frozen=True, slots=True)
class Contract:
    """An active contract with all its versions."""

    contract_id: str
    customer_id: str
    legal_entity: str
    currency: str
    kind: str
    alignment: str
    """`anchored` or `calendar`; decided once, when the contract became active."""
    ended_on: date | None
    versions: str
    """JSON: the Terms."""
    charged: str = "{}"
    """JSON: line -> its Charged; a number alone counts from the start that its first version gave it."""

    @property
    def terms(self) -> tuple[Terms, ...]:
        """In the order in which they hold."""
        return tuple(in_order(read(Terms, self.versions)))

    @property
    def months_charged(self) -> dict[str, Charged]:
        written_down = json.loads(self.charged)
        return {
            line_id: Charged(self._first_start(line_id), 0, said)
            if isinstance(said, int)
            else Charged(date.fromisoformat(said[0]), *said[1:])
            for line_id, said in written_down.items()
        }

    def with_terms(self, terms: Terms) -> "Contract":
        """With one version more; the same version again replaces it."""
        others = [t for t in self.terms if t.version != terms.version]
        return replace(self, versions=written(in_order([*others, terms])))

    def with_months(self, charged: Mapping[str, Charged]) -> "Contract":
        after = {**self.months_charged, **charged}
        as_json = {line_id: [c.anchor.isoformat(), c.before, c.months] for line_id, c in after.items()}
        return replace(self, charged=json.dumps(as_json, sort_keys=True))

    def _first_start(self, line_id: str) -> date:
        versions = sorted(self.terms, key=lambda t: t.version)
        return next(line.starts_on for t in versions if (line := t.line(line_id)))


class Schedule:
    """A contract read once: which line is charged what in which month."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._terms = contract.terms
        self._charged = contract.months_charged
        self._starts: dict[str, date] = {}
        for line in (line for terms in self._terms for line in terms.lines):
            self._starts[line.line_id] = min(line.starts_on, self._starts.get(line.line_id, line.starts_on))

    @property
    def line_ids(self) -> list[str]:
        return list(self._starts)

    @property
    def last_day(self) -> date:
        """The contract's end by the version that is the last to hold, unless it was ended before; FOREVER if open."""
        agreed = self._terms[-1].ends_on if self._terms else None
        return min(agreed or FOREVER, self.contract.ended_on or FOREVER)

    def terms_on(self, day: date) -> Terms:
        """The latest version that holds on a day; before the first one, the first."""
        holding = [t for t in self._terms if t.effective_on <= day]
        return holding[-1] if holding else self._terms[0]

    def month(self, line_id: str, index: int) -> Period:
        """The charged month with this number, 0 the first that was charged, or will be."""
        anchor = self._charged_of(line_id).anchor
        return period(anchor.replace(day=1) if self.contract.alignment == CALENDAR else anchor, index)

    def months_charged(self) -> Iterator[tuple[str, Period]]:
        """Each line with each of its months that were charged so far."""
        for line_id, charged in self._charged.items():
            for index in range(-charged.before, charged.months):
                yield line_id, self.month(line_id, index)

    def ends_on(self, line_id: str) -> date:
        """The last day on which the line can be charged, as far as is known."""
        newest = self._terms[-1]
        line = newest.line(line_id)
        return newest.effective_on - DAY if line is None else min(line.ends_on or FOREVER, self.last_day)

    def stretches(self, line_id: str, month: Period) -> Iterator[Stretch]:
        """The charged days of a month, split where price, quantity, product or tax code change."""
        current: Stretch | None = None
        for day in month:
            line, version = self._line_on(line_id, day)
            if current and line and _same_charge(current.line, line) and current.last + DAY == day:
                current = current._replace(last=day)
                continue
            if current:
                yield current
            current = Stretch(day, day, version, line) if line else None
        if current:
            yield current

    def next_month(self) -> date | None:
        """When the next charge is due; None when nothing will be charged any more."""
        following = {line_id: self.month(line_id, self._charged_of(line_id).months) for line_id in self._starts}
        starts = [
            max(month.first, self._starts[line_id])
            for line_id, month in following.items()
            if month.first <= self.ends_on(line_id)
        ]
        return min(starts, default=None)

    def due_months(self, today: date) -> Iterator[tuple[str, Charged, Period]]:
        """Line, what is charged of it with this month, and the days of each month that has begun and was not yet."""
        for line_id, start in self._starts.items():
            charged, end = self._charged_of(line_id), self.ends_on(line_id)
            while self.month(line_id, -charged.before).first > start:
                charged = charged._replace(before=charged.before + 1)
                yield line_id, charged, self.month(line_id, -charged.before)
            while (month := self.month(line_id, charged.months)).first <= end and max(month.first, start) <= today:
                charged = charged._replace(months=charged.months + 1)
                yield line_id, charged, month

    def _charged_of(self, line_id: str) -> Charged:
        return self._charged.get(line_id) or Charged(self._starts[line_id], 0, 0)

    def _line_on(self, line_id: str, day: date) -> tuple[ContractLine | None, int]:
        terms = self.terms_on(day)
        line = terms.line(line_id)
        if line is None or not max(line.starts_on, terms.starts_on) <= day <= min(
            line.ends_on or FOREVER, self.last_day
        ):
            return None, terms.version
        return line, terms.version


def _same_charge(one: ContractLine, other: ContractLine) -> bool:
    return (one.unit_price, one.quantity, one.product, one.tax_code) == (
        other.unit_price,
        other.quantity,
        other.product,
        other.tax_code,
    )
