"""Contracts as billing needs them: terms with the date from which they hold, and what is charged every month."""

import json
from collections.abc import Iterator, Mapping
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
    """JSON: the Terms, oldest version first."""
    charged: str = "{}"
    """JSON: line -> how many of its months were charged."""

    @property
    def terms(self) -> tuple[Terms, ...]:
        return read(Terms, self.versions)

    @property
    def months_charged(self) -> dict[str, int]:
        return {line: int(count) for line, count in json.loads(self.charged).items()}

    def with_terms(self, terms: Terms) -> "Contract":
        """With one version more; the same version again replaces it."""
        others = [t for t in self.terms if t.version != terms.version]
        versions = sorted([*others, terms], key=lambda t: t.version)
        return replace(self, versions=written(versions))

    def with_months(self, counts: Mapping[str, int]) -> "Contract":
        return replace(self, charged=json.dumps({**self.months_charged, **counts}, sort_keys=True))


class Schedule:
    """A contract read once: which line is charged what in which month."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._terms = contract.terms
        self._anchors: dict[str, date] = {}
        for terms in self._terms:
            for line in terms.lines:
                self._anchors.setdefault(line.line_id, line.starts_on)

    @property
    def line_ids(self) -> list[str]:
        return list(self._anchors)

    def terms_on(self, day: date) -> Terms:
        """The latest version that holds on a day; before the first one, the first."""
        holding = [t for t in self._terms if t.effective_on <= day]
        return holding[-1] if holding else self._terms[0]

    def month(self, line_id: str, index: int) -> Period:
        """The charged month with this number, 0 the first."""
        anchor = self._anchors[line_id]
        return period(anchor.replace(day=1) if self.contract.alignment == CALENDAR else anchor, index)

    def ends_on(self, line_id: str) -> date:
        """The last day on which the line can be charged, as far as is known."""
        newest = self._terms[-1]
        line = next((line for line in newest.lines if line.line_id == line_id), None)
        if line is None:
            return newest.effective_on - DAY
        return self._last_day(newest, line)

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
        counts = self.contract.months_charged
        starts = [
            max(self.month(line_id, counts.get(line_id, 0)).first, self._anchors[line_id])
            for line_id in self._anchors
            if self.month(line_id, counts.get(line_id, 0)).first <= self.ends_on(line_id)
        ]
        return min(starts, default=None)

    def due_months(self, today: date) -> Iterator[tuple[str, int, Period]]:
        """Line, number and days of each month that has begun and was not charged yet."""
        counts = self.contract.months_charged
        for line_id, anchor in self._anchors.items():
            index, end = counts.get(line_id, 0), self.ends_on(line_id)
            while (month := self.month(line_id, index)).first <= end and max(month.first, anchor) <= today:
                yield line_id, index, month
                index += 1

    def _line_on(self, line_id: str, day: date) -> tuple[ContractLine | None, int]:
        terms = self.terms_on(day)
        line = next((line for line in terms.lines if line.line_id == line_id), None)
        if line is None or not max(line.starts_on, terms.starts_on) <= day <= self._last_day(terms, line):
            return None, terms.version
        return line, terms.version

    def _last_day(self, terms: Terms, line: ContractLine) -> date:
        return min(line.ends_on or FOREVER, terms.ends_on or FOREVER, self.contract.ended_on or FOREVER)


def _same_charge(one: ContractLine, other: ContractLine) -> bool:
    return (one.unit_price, one.quantity, one.product, one.tax_code) == (
        other.unit_price,
        other.quantity,
        other.product,
        other.tax_code,
    )
