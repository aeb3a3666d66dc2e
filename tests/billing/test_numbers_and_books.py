"""Gapless numbers by company, kind and year; dates that never run back; books that balance."""

from datetime import UTC, date, datetime
from decimal import Decimal

from o2c_billing.domain.invoices import Invoice
from o2c_chassis.counters import Counter
from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.postings import Posting

from tests.billing.books import Billing, berlin, contract, credit, customer, delivery, order, order_line, with_invoice


def test_numbers_run_without_gap_in_the_order_of_issue() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(40000, "4")))

    for n in range(4):
        billing.tell(delivery(10000, "1", name=f"D{n}"))

    assert [i.invoice_number for i in billing.invoices()] == [f"DE01-INV-2026-00000{n}" for n in range(1, 5)]


def test_each_company_and_each_year_has_a_series_of_its_own() -> None:
    billing = Billing(at=berlin("2026-12-31").astimezone(UTC))
    billing.tell(customer(), contract(), order(order_line(40000, "4")))
    billing.tell(contract(contract_id="K2", legal_entity="FR01"))
    billing.tell(order(order_line(10000), order_id="O2", contract_id="K2", legal_entity="FR01"))

    billing.tell(delivery(10000, "1"))
    billing.tell(delivery(10000, "1", name="D2", order_id="O2", legal_entity="FR01"))
    billing.tell(delivery(10000, "1", name="D3"), at=berlin("2027-01-01"))

    assert [i.invoice_number for i in billing.invoices()] == [
        "DE01-INV-2026-000001",
        "FR01-INV-2026-000001",
        "DE01-INV-2027-000001",
    ]


def test_the_day_of_issue_is_the_local_day_of_the_company() -> None:
    billing = Billing(at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    billing.tell(customer(), contract(), order(), delivery())

    assert billing.invoices()[0].issued_on == date(2026, 3, 3)


def test_an_invoice_is_never_dated_before_the_last_of_its_series() -> None:
    billing = Billing()
    billing.rig.seed_rows("billing", Counter("DE01/INV/2026", 8, date(2026, 3, 20)))
    billing.tell(customer(), contract(), order())

    (invoice,) = of(billing.tell(delivery()), InvoiceIssued)

    assert (invoice.invoice_number, invoice.issued_on) == ("DE01-INV-2026-000008", date(2026, 3, 20))
    assert invoice.due_on == date(2026, 4, 19)


def test_a_withheld_invoice_burns_no_number() -> None:
    billing = Billing()
    billing.tell(contract(), order(), delivery())

    assert billing.rows(Counter) == []
    billing.tell(customer())
    assert [i.invoice_number for i in billing.rows(Invoice)] == ["DE01-INV-2026-000001"]


def test_an_invoice_is_posted_to_receivables_against_revenue_and_tax() -> None:
    billing = with_invoice()

    posted = [(p.account, p.amount_minor) for p in billing.rows(Posting)]
    assert posted == [("receivable", 11900), ("revenue", -10000), ("tax", -1900)]
    assert {(p.document_id, p.customer_id, p.legal_entity, p.currency) for p in billing.rows(Posting)} == {
        ("DE01-INV-2026-000001", "C1", "DE01", "EUR")
    }


def test_a_credit_note_is_posted_the_other_way_and_waits_to_be_applied() -> None:
    billing = with_invoice()
    billing.tell(credit(2380))

    (note,) = of(billing.approve("max", "billing_lead"), CreditNoteIssued)

    posted = billing.rows(Posting, document_id=note.credit_note_number)
    assert [(p.account, p.amount_minor) for p in posted] == [
        ("revenue", 2000),
        ("tax", 380),
        ("credit-notes-to-apply", -2380),
    ]
    assert sum(p.amount_minor for p in billing.rows(Posting)) == 0


def test_due_date_and_discount_come_from_the_terms_of_the_contract() -> None:
    billing = Billing()
    terms = contract(terms_days=14, discount_percent="2", discount_days=10)
    billing.tell(customer(), terms, order(), delivery())

    (invoice,) = billing.invoices()

    assert (invoice.due_on, invoice.discount_percent, invoice.discount_until) == (
        date(2026, 3, 16),
        Decimal(2),
        date(2026, 3, 12),
    )
