"""A file of real receivables as the events of its time: what was ordered, delivered, paid and contested, and when.

Pure: reads rows, refuses bad ones with their line, and lays them out as a calendar. Runs nothing.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from o2c_contracts.bank import PaymentReceived, RemittanceAdvised, RemittanceLine
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveredLine, DeliveryConfirmed, OrderLine, OrderSubmitted, QueryReceived
from o2c_contracts.master import ContractProposed, CreditLimitSet, CustomerRegistered

ENTITY, CURRENCY, ZONE = "US01", "USD", ZoneInfo("America/New_York")
ORDERS, DELIVERIES, DEADLINES, PAYMENTS, DISPUTES = time(6), time(6, 1), time(8), time(12), time(14)
COLUMNS = ("customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "Disputed", "SettledDate")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Receivable:
    """One row: an invoice and how it ended. Amount in cents."""

    customer_id: str
    invoice: str
    issued_on: date
    due_on: date
    amount_minor: int
    disputed: bool
    settled_on: date


class BadFile(Exception):
    """Rows that cannot be replayed, each with its line."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings[:20]))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of its own: what is published, and which disputes end then if they are still open."""

    at: datetime
    events: tuple[Event, ...]
    resolve: tuple[str, ...] = ()
    """External invoice numbers."""


def read(path: Path) -> list[Receivable]:
    """All rows, or BadFile with every bad line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if missing := [c for c in COLUMNS if c not in (lines.fieldnames or ())]:
                raise BadFile([f"{path}:1: column {', '.join(missing)} is missing"])
            rows = list(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile([f"{path}: {error}"]) from error
    found, findings, seen = [], [], set[str]()
    for n, row in enumerate(rows, 2):
        try:
            receivable = _receivable(row)
            if receivable.invoice in seen:
                raise ValueError(f"invoice {receivable.invoice} stands here twice")
            seen.add(receivable.invoice)
            found.append(receivable)
        except ValueError as error:
            findings.append(f"{path}:{n}: {error}")
    if findings or not found:
        raise BadFile(findings or [f"{path}: no rows"])
    return found


def _receivable(row: dict[str, str]) -> Receivable:
    if None in row.values():
        raise ValueError("the row has fewer columns than the first line")
    cents = _cents(row["InvoiceAmount"])
    if row["Disputed"] not in ("Yes", "No"):
        raise ValueError(f"Disputed is {row['Disputed']!r}: Yes or No")
    issued, due, settled = (_day(row[c]) for c in ("InvoiceDate", "DueDate", "SettledDate"))
    if due < issued or settled < issued:
        raise ValueError("due and settled may not lie before the invoice date")
    return Receivable(row["customerID"], row["invoiceNumber"], issued, due, cents, row["Disputed"] == "Yes", settled)


def _cents(text: str) -> int:
    if not _AMOUNT.fullmatch(text.strip()):
        raise ValueError(f"amount {text!r} is no figure like 1055.94")
    cents = Decimal(text) * 100
    if cents != int(cents) or cents <= 0:
        raise ValueError(f"amount {text!r} is no positive amount in cents")
    return int(cents)


def _day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a calendar day has no zone


def beginning(rows: Iterable[Receivable]) -> Moment:
    """The day before the first row: every customer, outside credit management, with a contract of its terms."""
    first: dict[str, Receivable] = {}
    for row in sorted(rows, key=lambda r: r.issued_on):
        first.setdefault(row.customer_id, row)
    events: list[Event] = []
    start = min(r.issued_on for r in first.values()) - timedelta(days=1)
    for customer_id, row in sorted(first.items()):
        events += [
            CustomerRegistered(customer_id=customer_id, name=customer_id, country="US"),
            CreditLimitSet(customer_id=customer_id, state="none"),
            ContractProposed(
                customer_id=customer_id,
                legal_entity=ENTITY,
                currency=CURRENCY,
                contract_id=f"K-{customer_id}",
                kind="spot",
                starts_on=start,
                terms_days=(row.due_on - row.issued_on).days,
            ),
        ]
    return Moment(_at(start, ORDERS), tuple(events))


def calendar(rows: Sequence[Receivable], *, remittance: bool = True) -> Iterator[Moment]:
    """Every instant at which something happens, in order."""
    moments: dict[datetime, tuple[list[Event], list[str]]] = defaultdict(lambda: ([], []))
    paid: dict[tuple[date, str], list[Receivable]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r.issued_on, r.customer_id, r.invoice)):
        moments[_at(row.issued_on, ORDERS)][0].append(_order(row))
        moments[_at(row.issued_on, DELIVERIES)][0].append(_delivery(row))
        paid[row.settled_on, row.customer_id].append(row)
        if row.disputed:
            moments[_at(row.issued_on + timedelta(days=1), DISPUTES)][0].append(_query(row))
            moments[_at(row.due_on + timedelta(days=1), DISPUTES)][1].append(row.invoice)
    for (day, customer_id), items in sorted(paid.items()):
        moments[_at(day, PAYMENTS)][0].extend(_payment(day, customer_id, items, remittance=remittance))
    for at, (events, resolve) in sorted(moments.items()):
        yield Moment(at, tuple(events), tuple(resolve))


def ending(rows: Iterable[Receivable]) -> datetime:
    """After the last deadline that a row can still cause."""
    return _at(max(max(r.settled_on, r.due_on) for r in rows) + timedelta(days=3), DISPUTES)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE)


def _order(row: Receivable) -> OrderSubmitted:
    line = OrderLine(
        line_id="1",
        product="goods",
        quantity=Decimal(1),
        unit_price=Decimal(row.amount_minor) / 100,
        net_minor=row.amount_minor,
        tax_code="none",
    )
    return OrderSubmitted(
        customer_id=row.customer_id,
        legal_entity=ENTITY,
        currency=CURRENCY,
        order_id=f"O-{row.invoice}",
        contract_id=f"K-{row.customer_id}",
        lines=(line,),
        total_minor=row.amount_minor,
        external_ref=row.invoice,
    )


def _delivery(row: Receivable) -> DeliveryConfirmed:
    return DeliveryConfirmed(
        customer_id=row.customer_id,
        legal_entity=ENTITY,
        currency=CURRENCY,
        delivery_id=f"D-{row.invoice}",
        order_id=f"O-{row.invoice}",
        delivered_on=row.issued_on,
        lines=(DeliveredLine(line_id="1", quantity=Decimal(1), net_minor=row.amount_minor),),
        external_ref=row.invoice,
    )


def _query(row: Receivable) -> QueryReceived:
    return QueryReceived(
        customer_id=row.customer_id,
        legal_entity=ENTITY,
        currency=CURRENCY,
        query_id=f"Q-{row.invoice}",
        channel="system",
        kind="dispute",
        reason="price",
        external_ref=row.invoice,
    )


def _payment(day: date, customer_id: str, items: Sequence[Receivable], *, remittance: bool) -> Iterator[Event]:
    """One payment per customer and settlement date; its remittance cites the file's own invoice numbers."""
    payment_id, total = f"P-{day.isoformat()}-{customer_id}", sum(i.amount_minor for i in items)
    if remittance:
        yield RemittanceAdvised(
            customer_id=customer_id,
            legal_entity=ENTITY,
            currency=CURRENCY,
            remittance_id=f"R-{payment_id}",
            payment_id=payment_id,
            total_minor=total,
            lines=tuple(RemittanceLine(external_ref=i.invoice, amount_minor=i.amount_minor) for i in items),
        )
    yield PaymentReceived(
        customer_id=customer_id,
        legal_entity=ENTITY,
        currency=CURRENCY,
        payment_id=payment_id,
        amount_minor=total,
        value_date=day,
    )
