"""Documents in the customer's language, delivered with a state of their own."""

import json

import pytest
from o2c_billing.app import service
from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice, IssuedDocument
from o2c_billing.handlers import sending
from o2c_billing.rendering import labels, printable, render
from o2c_chassis.service import DeliveryEnded
from o2c_chassis.testing import of
from o2c_chassis.working_set import WorkingSet, need
from o2c_contracts.billing import CreditNoteIssued, InvoiceDelivered, InvoiceIssued, InvoiceUndeliverable
from o2c_contracts.shared import EscalationRaised

from tests.billing.books import Billing, book, contract, credit, customer, delivery, order, with_invoice

LANGUAGES = ["en", "fr", "es", "it", "ro"]


def loaded(billing: Billing) -> WorkingSet:
    """What the delivery of the first invoice needs."""
    work = WorkingSet("billing", service.keys, book())
    work.begin(billing.rig.told[-1])
    work.took([need(Invoice, invoice_number="DE01-INV-2026-000001")], billing.rows(Invoice))
    return work


def content_of(billing: Billing, number: str = "DE01-INV-2026-000001") -> dict[str, object]:
    (document,) = billing.rows(IssuedDocument, number=number)
    content: dict[str, object] = json.loads(document.content)
    return content


def test_an_invoice_is_told_as_delivered_when_it_has_arrived() -> None:
    billing = with_invoice()

    assert [m.event for m in billing.rig.told if isinstance(m.event, InvoiceDelivered)] != []
    assert [(i.delivery, i.channel) for i in billing.rows(Invoice)] == [("delivered", "folder")]


def test_an_undeliverable_invoice_is_owed_all_the_same_and_makes_work_for_somebody() -> None:
    billing = Billing()
    billing.rig.undeliverable.add("DE01-INV-2026-000001")
    billing.tell(customer(), contract(), order())

    told = billing.tell(delivery())

    assert len(of(told, InvoiceIssued)) == 1
    (lost,) = of(told, InvoiceUndeliverable)
    (raised,) = of(told, EscalationRaised)
    assert lost.reason == "refused"
    assert (raised.to, raised.escalation_id) == ("billing_lead", "DE01-INV-2026-000001:undeliverable:1")
    assert [(i.delivery, i.problem) for i in billing.rows(Invoice)] == [("undeliverable", "refused")]


def test_an_undeliverable_credit_note_is_for_those_who_promised_it() -> None:
    billing = with_invoice()
    billing.rig.undeliverable.add("DE01-CN-2026-000001")
    billing.tell(credit(2380))

    told = billing.approve("max", "billing_lead")

    assert len(of(told, CreditNoteIssued)) == 1
    assert of(told, EscalationRaised)[0].to == "dispute_manager"
    assert [n.delivery for n in billing.rows(CreditNote)] == ["undeliverable"]


def test_what_a_mail_server_says_of_an_address_is_not_passed_on() -> None:
    billing = with_invoice()
    ended = DeliveryEnded(
        kind="invoice",
        subject_id="DE01-INV-2026-000001",
        owner_key="c:C1",
        customer_id="C1",
        delivered=False,
        channel="email",
        address="accounts@anna.example",
        problem="550 <accounts@anna.example>:\n mailbox unknown",
    )

    told = list(sending.on_invoice_delivery_ended(ended, loaded(billing)))

    assert [e.reason for e in of(told, InvoiceUndeliverable)] == ["550 the address mailbox unknown"]


@pytest.mark.parametrize(("email", "channel"), [("anna@x.example", "email"), (None, "folder")])
def test_a_document_goes_by_mail_where_there_is_an_address(email: str | None, channel: str) -> None:
    billing = with_invoice(email=email)

    chosen = [d["channel"] for d in billing.rig.decisions("billing") if d.decision.table == "billing/channels"]

    assert chosen == [channel]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invoice_is_a_pdf_in_each_language_and_always_the_same(language: str) -> None:
    content = content_of(with_invoice(language=language))

    document = render(content)

    assert document.content.startswith(b"%PDF")
    assert document.content == render(content).content
    assert document.name == "DE01-INV-2026-000001.pdf"
    assert document.title == f"{labels(language)['invoice']} DE01-INV-2026-000001"
    assert document.media_type == "application/pdf"


@pytest.mark.parametrize(
    ("language", "total", "due"),
    [
        ("en", "€119.00", "1 April 2026"),
        ("fr", "119,00\N{NO-BREAK SPACE}€", "1 avril 2026"),
        ("es", "119,00\N{NO-BREAK SPACE}€", "1 de abril de 2026"),
        ("it", "119,00\N{NO-BREAK SPACE}€", "1 aprile 2026"),
        ("ro", "119,00\N{NO-BREAK SPACE}EUR", "1 aprilie 2026"),
    ],
)
def test_amounts_and_days_are_written_as_the_language_writes_them(language: str, total: str, due: str) -> None:
    printed = printable(content_of(with_invoice(language=language)))

    assert printed["total"] == total
    assert [labels(language)["due_on"], due] in printed["head"]


def test_a_language_that_is_not_kept_falls_back_to_english() -> None:
    printed = printable(content_of(with_invoice(language="pl")))

    assert (printed["language"], printed["title"]) == ("en", "Invoice")


def test_a_french_invoice_carries_what_french_law_wants() -> None:
    billing = Billing()
    billing.tell(customer(country="FR", language="fr"), contract(legal_entity="FR01"))
    billing.tell(order(legal_entity="FR01"), delivery(legal_entity="FR01"))

    notes = printable(content_of(billing, "FR01-INV-2026-000001"))["notes"]

    assert any("40 €" in note for note in notes)
    assert any("Escompte" in note for note in notes)


def test_a_reverse_charge_is_worded_in_the_customers_language() -> None:
    billing = Billing()
    billing.tell(customer(country="IT", language="it", tax_id="IT123"), contract(), order(), delivery())

    assert "Inversione contabile." in printable(content_of(billing))["notes"]


def test_a_credit_note_names_the_invoice_it_credits() -> None:
    billing = with_invoice(language="es")
    billing.tell(credit(2380))
    billing.approve("max", "billing_lead")

    content = content_of(billing, "DE01-CN-2026-000001")

    assert render(content).title == "Factura rectificativa DE01-CN-2026-000001"
    assert ["Rectifica la factura", "DE01-INV-2026-000001, 2 de marzo de 2026"] in printable(content)["head"]


def test_what_a_customer_calls_itself_is_text_and_never_markup() -> None:
    content = content_of(with_invoice(name='#panic("x") *bold* $1$ <b>'))

    assert render(content).content.startswith(b"%PDF")


def test_all_languages_say_all_words() -> None:
    english = labels("en")

    for language in LANGUAGES:
        assert labels(language).keys() == english.keys()
        assert labels(language)["wordings"].keys() == english["wordings"].keys()
