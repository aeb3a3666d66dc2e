"""The laws of the house over all five services: what must come out the same, whatever the order in which it arrives."""

from collections import Counter as Tally
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_chassis.testing import of
from o2c_contracts.bank import RemittanceAdvised
from o2c_contracts.event import Envelope, Message
from o2c_contracts.intake import DeliveredLine
from o2c_contracts.orders import RequestRefused
from o2c_contracts.shared import EscalationRaised
from o2c_contracts.topics import topics_of

from tests.cast import CONTRARY, FIRST, LATE, PROMPT, arrives, at, contests, days, delivered, orders, pays, returned
from tests.flows.conftest import Town

CAST = (PROMPT, LATE, CONTRARY)


def story(customer):
    """Everything of one customer, each with the day on which it happens."""
    yield from ((0, e) for e in arrives(customer, limit_minor=1_000_00))
    for n in range(3):
        yield n, orders(customer, f"{customer}-{n}", 100_00 * (n + 1))
        yield n + 1, delivered(customer, f"{customer}-{n}", 100_00 * (n + 1), FIRST + days(n + 1))
    yield 5, contests(customer, f"{customer}-1", 50_00)
    yield from ((35, e) for e in pays(customer, 100_00, FIRST + days(35), f"{customer}-0"))
    yield 38, returned(customer, 100_00, FIRST + days(38))
    yield from ((45, e) for e in pays(customer, 300_00, FIRST + days(45), f"{customer}-2", number="2"))


NUMBERS = ("contract_id", "order_id", "delivery_id", "external_ref")
"""What a customer numbers as it likes, knowing nothing of how others number theirs."""


def shared(customer, number):
    """The number that every customer uses for its document of this kind: `K-late` and `K-prompt` are `K-ours`."""
    return number.replace(customer, "ours")


def as_others_number(customer, part):
    """An event, or a part of one, under numbers that all customers use alike."""
    given = {name: getattr(part, name, None) for name in NUMBERS}
    changes = {name: shared(customer, number) for name, number in given.items() if number}
    if isinstance(part, RemittanceAdvised):
        changes["lines"] = tuple(as_others_number(customer, line) for line in part.lines)
    return part.model_copy(update=changes)


def play(seed, customers=CAST, repeat=1, told=lambda customer, event: event):
    """Day by day; within a day topics and customers race, each customer's own order on a topic is kept."""
    town = Town(seed)
    by_day = defaultdict(list)
    for customer in customers:
        for n, (day, event) in enumerate((day, told(customer, event)) for day, event in story(customer)):
            by_day[day].append((f"{customer}-{n}", event))
    for day, events in sorted(by_day.items()):
        town.until(at(FIRST + days(day), 10))
        for id_, event in events:
            moment = town.at
            envelope = Envelope("test", id_, type(event).__name__, moment, moment, moment.date())
            for _ in range(repeat):
                town.publish(topics_of(type(event))[0], Message(envelope, event))
        town.settle()
    town.until(at(FIRST + days(80), 10))
    return town


def owed(town):
    """Item -> what it still owes, as each service that keeps it says; invoice numbers are a common counter's."""
    refs = {e.event.invoice_number: e.event.external_ref for e in town.told if e.envelope.type == "InvoiceIssued"}
    found = {}
    for m in town.told:
        if hasattr(m.event, "open_minor_after"):
            found[refs[m.event.invoice_number]] = (m.event.item_version, m.event.open_minor_after)
    return found


def owed_by_each(town):
    """Customer and number as all use it -> what is owed until when, and how often each event was told of it."""
    issued = {e.event.invoice_number: e.event for e in town.told if e.envelope.type == "InvoiceIssued"}
    found = defaultdict(list)
    for m in town.told:
        if invoice := issued.get(getattr(m.event, "invoice_number", None)):
            name = invoice.customer_id, shared(invoice.customer_id, invoice.external_ref)
            left = getattr(m.event, "open_minor_after", None)
            found[name].append((m.envelope.type, invoice.total_minor, invoice.due_on, left))
    return {name: sorted(events, key=str) for name, events in found.items()}


def reminded(town):
    refs = {e.event.invoice_number: e.event.external_ref for e in town.told if e.envelope.type == "InvoiceIssued"}
    return sorted(
        (refs[line.invoice_number], line.level, m.event.sent_on)
        for m in town.told
        if m.envelope.type == "DunningNoticeSent"
        for line in m.event.lines
        if line.raised
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_whatever_races_the_same_is_owed_and_reminded(seed):
    plain, shuffled = play(None), play(seed)

    assert owed(shuffled) == owed(plain)
    assert reminded(shuffled) == reminded(plain)


def test_records_that_come_twice_change_nothing():
    once, twice = play(None), play(None, repeat=2)

    assert [(m.envelope.id, m.event) for m in twice.told] == [(m.envelope.id, m.event) for m in once.told]


def test_other_customers_change_nothing_but_numbers():
    alone, together = play(None, (LATE,)), play(None)

    assert owed(alone) == {ref: found for ref, found in owed(together).items() if ref.startswith(f"X-{LATE}")}


def test_numbers_that_all_customers_use_alike_change_nothing():
    own, alike = play(None), play(None, told=as_others_number)

    assert len({e.event.external_ref for e in alike.told if e.envelope.type == "InvoiceIssued"}) == 3
    assert owed_by_each(alike) == owed_by_each(own)
    assert Tally((e.event.key, e.envelope.type) for e in alike.told) == Tally(
        (e.event.key, e.envelope.type) for e in own.told
    )


AGAIN = {
    "the same": {},
    "with the reference of another": {"external_ref": "X-2"},
    "for another order": {"order_id": "o2"},
    "on another day": {"delivered_on": FIRST + days(1)},
    "half of it": {"lines": (DeliveredLine(line_id="1", quantity=Decimal("0.5"), net_minor=100_00),)},
    "for less": {"lines": (DeliveredLine(line_id="1", quantity=Decimal(1), net_minor=60_00),)},
    "written otherwise": {"lines": (DeliveredLine(line_id="1", quantity=Decimal("1.0"), net_minor=100_00),)},
    "of another company": {"legal_entity": "FR01"},
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_delivery_number_told_again_is_a_repeat_to_orders_and_billing_or_to_neither(name):
    town, first = Town(), delivered(PROMPT, "o1")
    town.on(FIRST, 5, *arrives(PROMPT))
    town.on(FIRST, 6, orders(PROMPT, "o1"), orders(PROMPT, "o2"), first)

    told = town.on(FIRST, 7, first.model_copy(update=AGAIN[name]))

    refusals = [e.request for e in of(told, RequestRefused)]
    notices = [e.level for e in of(told, EscalationRaised)]
    alike = name in ("the same", "with the reference of another", "written otherwise")
    assert (refusals, notices) == (([], []) if alike else (["confirm-delivery"], ["number-taken"]))
    assert town.names(told) == (["RequestRefused", "EscalationRaised"] if refusals else [])


def test_the_story_reaches_every_service():
    town = play(None)

    writers = {m.envelope.source for m in town.told}
    assert writers == {"orders", "billing", "cash", "collections", "disputes"}
    assert len(reminded(town)) >= len(CAST)
