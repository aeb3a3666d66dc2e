"""Events of a small world for cash's tests: amounts that can be added in the head, days of early 2026."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from o2c_cash.app import service
from o2c_cash.domain.items import Allocation, OpenItem
from o2c_cash.domain.ledger import RECEIVABLE, identities
from o2c_cash.domain.payments import Payment
from o2c_chassis.testing import Rig
from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised, RemittanceLine
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.master import CustomerRegistered
from o2c_contracts.postings import Posting

ISSUED, DUE = date(2026, 1, 2), date(2026, 2, 1)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EUROS = {"legal_entity": "DE01", "currency": "EUR"}


def rig(seed: int | None = None) -> Rig:
    return Rig(service, at=NOON, seed=seed)


def invoice(number: str, total: int, customer: str = "ada", **more: Any) -> InvoiceIssued:
    return InvoiceIssued(
        **{
            "customer_id": customer,
            **EUROS,
            "invoice_number": number,
            "issued_on": ISSUED,
            "due_on": DUE,
            "net_minor": total,
            "tax_minor": 0,
            "total_minor": total,
            "lines": (),
            "taxes": (),
        }
        | more
    )


def discounted(number: str, total: int, until: date, percent: str = "2") -> InvoiceIssued:
    return invoice(number, total, discount_percent=Decimal(percent), discount_until=until)


def paid(payment_id: str, amount: int, customer: str | None = "ada", **more: Any) -> PaymentReceived:
    return PaymentReceived(
        **{
            "customer_id": customer,
            **EUROS,
            "payment_id": payment_id,
            "amount_minor": amount,
            "value_date": date(2026, 1, 5),
        }
        | more
    )


def advised(remittance_id: str, said: dict[str, int], customer: str | None = "ada", **more: Any) -> RemittanceAdvised:
    return RemittanceAdvised(
        **{
            "customer_id": customer,
            **EUROS,
            "remittance_id": remittance_id,
            "total_minor": sum(said.values()),
            "lines": tuple(RemittanceLine(invoice_number=n, amount_minor=a) for n, a in said.items()),
        }
        | more
    )


def sent_back(return_id: str, payment_id: str, amount: int, customer: str | None = "ada") -> PaymentReturned:
    return PaymentReturned(
        customer_id=customer,
        **EUROS,
        return_id=return_id,
        payment_id=payment_id,
        amount_minor=amount,
        returned_on=date(2026, 1, 8),
        reason="AM04",
    )


def credited(number: str, of: str, total: int, customer: str = "ada", **more: Any) -> CreditNoteIssued:
    return CreditNoteIssued(
        **{
            "customer_id": customer,
            **EUROS,
            "credit_note_number": number,
            "invoice_number": of,
            "request_id": f"request-{number}",
            "issued_on": date(2026, 1, 6),
            "net_minor": total,
            "tax_minor": 0,
            "total_minor": total,
            "reason": "PRICE",
        }
        | more
    )


def contested(case_id: str, number: str, amount: int, customer: str = "ada") -> DisputeOpened:
    return DisputeOpened(
        customer_id=customer, **EUROS, case_id=case_id, invoice_number=number, disputed_minor=amount, reason="PRICE"
    )


def resolved(case_id: str, number: str, amount: int, customer: str = "ada") -> DisputeResolved:
    return DisputeResolved(
        customer_id=customer,
        **EUROS,
        case_id=case_id,
        invoice_number=number,
        resolution="invalid",
        original_minor=amount,
        undisputed_minor=amount,
    )


def registered(customer: str, *accounts: str, root: str | None = None) -> CustomerRegistered:
    return CustomerRegistered(customer_id=customer, name=customer, country="DE", accounts=accounts, root_id=root)


def item(world: Rig, number: str) -> OpenItem:
    [row] = world.rows("cash", OpenItem, invoice_number=number)
    return row


def money(world: Rig, payment_id: str) -> Payment:
    [row] = world.rows("cash", Payment, payment_id=payment_id)
    return row


def pays(world: Rig, payment_id: str) -> dict[str, int]:
    """What a payment pays now."""
    found: dict[str, int] = {}
    for row in world.rows("cash", Allocation, payment_id=payment_id):
        if row.kind == "payment":
            found[row.invoice_number] = found.get(row.invoice_number, 0) + row.amount_minor
    return {number: amount for number, amount in found.items() if amount}


def books_are_in_order(world: Rig) -> None:
    """Every identity that cash must always keep."""
    postings = world.rows("cash", Posting)
    payments = world.rows("cash", Payment)
    items = world.rows("cash", OpenItem)
    journals: dict[str, int] = {}
    owed: dict[tuple[str | None, str, str], int] = {}
    for p in postings:
        journals[p.journal_id] = journals.get(p.journal_id, 0) + p.amount_minor
        if p.account.startswith(RECEIVABLE):
            key = p.customer_id, p.legal_entity, p.currency
            owed[key] = owed.get(key, 0) + p.amount_minor
    assert not any(journals.values()), "a journal is out of balance"
    for i in items:
        owed[i.customer_id, i.legal_entity, i.currency] -= i.open_minor
    assert not any(owed.values()), f"open items are not the receivable account: {owed}"
    found = identities(
        (((p.legal_entity, p.currency, p.received_on), p.amount_minor) for p in payments),
        (((p.legal_entity, p.currency, p.posting_date), p.account, p.amount_minor) for p in postings),
    )
    assert [day for day, identity in found.items() if not identity.holds] == []
    for p in payments:
        parts = p.applied_minor + p.unapplied_minor + p.on_account_minor
        parts += p.taken_minor + p.returned_minor + p.refunded_minor
        assert parts + p.unidentified_minor == p.amount_minor, p
        assert sum(pays(world, p.payment_id).values()) == p.applied_minor, p
    for i in items:
        steps = world.rows("cash", Allocation, invoice_number=i.invoice_number)
        assert i.total_minor - sum(s.amount_minor for s in steps) == i.open_minor
        assert [s.item_version for s in steps] == list(range(1, i.item_version + 1))
        assert i.open == (i.open_minor > 0)
