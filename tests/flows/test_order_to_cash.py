"""From an order to cleared cash through five services, told as calendars."""

from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.cash import CreditApplied, InvoiceCleared, PaymentApplicationReversed, PaymentApplied
from o2c_contracts.collections import DunningNoticeSent
from o2c_contracts.disputes import CreditRequested, DisputeOpened, DisputeResolved
from o2c_contracts.orders import OrderAccepted, OrderHeld, OrderReleased
from o2c_contracts.shared import ApprovalRequested

from tests.cast import CONTRARY, FIRST, LATE, PROMPT, arrives, at, contests, days, delivered, orders, pays, returned


def command(town, service, name, actor, roles, **fields):
    kind = next(c for c in town.services[service].commands if c.__name__ == name)
    return town.command(service, kind(roles=roles, **fields), actor)


def test_a_good_payer_goes_from_order_to_cleared_cash(town):
    town.on(FIRST, 5, *arrives(PROMPT))

    told = town.on(FIRST, 6, orders(PROMPT, "o1"))
    assert town.names(told) == ["OrderAccepted"]

    told = town.on(FIRST, 7, delivered(PROMPT, "o1"))
    [invoice] = of(told, InvoiceIssued)
    assert (invoice.total_minor, invoice.due_on, invoice.external_ref) == (100_00, FIRST + days(30), "X-o1")

    told = town.on(FIRST + days(20), 12, *pays(PROMPT, 100_00, FIRST + days(20), "o1"))
    [applied] = of(told, PaymentApplied)
    assert (applied.invoice_number, applied.open_minor_after, applied.item_version) == (invoice.invoice_number, 0, 1)
    assert len(of(told, InvoiceCleared)) == 1

    assert of(town.pass_to(FIRST + days(90)), DunningNoticeSent) == []


def test_an_order_over_the_limit_is_held_and_released_by_the_payment_itself(town):
    town.on(FIRST, 5, *arrives(LATE, limit_minor=150_00))
    assert len(of(town.on(FIRST, 6, orders(LATE, "o1")), OrderAccepted)) == 1
    town.on(FIRST, 7, delivered(LATE, "o1"))

    [held] = of(town.on(FIRST + days(1), 6, orders(LATE, "o2")), OrderHeld)
    assert any("limit" in reason.text for reason in held.reasons)

    told = town.on(FIRST + days(10), 12, *pays(LATE, 100_00, FIRST + days(10), "o1"))
    [released] = of(told, OrderReleased)
    assert released.order_id == "o2"


def test_a_late_payer_climbs_the_ladder_one_level_at_a_time(town):
    town.on(FIRST, 5, *arrives(LATE))
    town.on(FIRST, 6, orders(LATE, "o1"))
    town.on(FIRST, 7, delivered(LATE, "o1"))
    due = FIRST + days(30)

    assert of(town.pass_to(due + days(1), 7), DunningNoticeSent) == []
    letters = [
        (town.at, letter.level)
        for day in range(1, 40)
        for letter in of(town.pass_to(due + days(day), 9), DunningNoticeSent)
    ]

    assert letters == [(at(due + days(n), 9), level) for n, level in ((1, 1), (10, 2), (20, 3))]
    told = town.on(due + days(40), 12, *pays(LATE, 100_00, due + days(40), "o1"))
    assert len(of(told, InvoiceCleared)) == 1


def test_a_returned_payment_restores_what_is_owed_and_the_reminder_level(town):
    town.on(FIRST, 5, *arrives(LATE))
    town.on(FIRST, 6, orders(LATE, "o1"))
    town.on(FIRST, 7, delivered(LATE, "o1"))
    due = FIRST + days(30)
    town.pass_to(due + days(11), 9)
    town.on(due + days(11), 12, *pays(LATE, 100_00, due + days(11), "o1"))

    told = town.on(due + days(14), 12, returned(LATE, 100_00, due + days(14)))
    assert [e.open_minor_after for e in of(told, PaymentApplicationReversed)] == [100_00]

    letters = of(town.pass_to(due + days(25), 9), DunningNoticeSent)
    assert [letter.level for letter in letters if any(line.raised for line in letter.lines)] == [3]


def test_a_contested_price_becomes_a_credit_note_only_after_people_agreed(town):
    town.on(FIRST, 5, *arrives(CONTRARY))
    town.on(FIRST, 6, orders(CONTRARY, "o1", 5_000_00))
    [invoice] = of(town.on(FIRST, 7, delivered(CONTRARY, "o1", 5_000_00)), InvoiceIssued)

    [dispute] = of(town.on(FIRST + days(1), 14, contests(CONTRARY, "o1", 1_000_00)), DisputeOpened)
    assert dispute.disputed_minor == 1_000_00

    told = command(
        town, "disputes", "ResolveDispute", "dora", ("dispute_agent", "dispute_manager"),
        customer_id=CONTRARY, case_id=dispute.case_id, resolution="valid", root_cause="price", answer="You are right.",
    )  # fmt: skip
    assert [e.amount_minor for e in of(told, CreditRequested)] == [1_000_00]
    [request] = of(told, ApprovalRequested)
    assert of(told, CreditNoteIssued) == []

    told = []
    for step in request.steps:
        for n in range(step.count):
            told += command(
                town, "billing", "ApproveRequest", f"{step.role}-{n}", (step.role,),
                customer_id=CONTRARY, approval_id=request.approval_id,
            )  # fmt: skip
    assert [e.total_minor for e in of(told, CreditNoteIssued)] == [1_000_00]
    assert [e.open_minor_after for e in of(told, CreditApplied)] == [4_000_00]
    [resolved] = of(told, DisputeResolved)
    assert (resolved.original_minor, resolved.credited_minor) == (1_000_00, 1_000_00)

    told = town.on(FIRST + days(5), 12, *pays(CONTRARY, 4_000_00, FIRST + days(5), "o1"))
    assert [e.invoice_number for e in of(told, InvoiceCleared)] == [invoice.invoice_number]
