"""A late delivery is taxed by the rules of its tax point, whichever rules are in force when it is recorded."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from o2c_contracts.billing import InvoiceIssued
from o2c_rules.releasing.chain import Approval, Release, chained
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import RuleBook

from tests.billing.books import Billing, book, contract, customer, delivery, order, order_line

OLD = book()
MIDNIGHT_IN_BERLIN = datetime(2026, 3, 10, tzinfo=ZoneInfo("Europe/Berlin"))
AFTERWARDS = datetime(2026, 3, 12, 9, tzinfo=UTC)


def raised() -> RuleBook:
    """The same books with 21 % as the German standard rate, released and not dated within the table."""
    name = "billing/tax.csv"
    lines = OLD.files[name].decode().splitlines()
    lines = [line.replace(",S,19,", ",S,21,") if line.startswith("DE-standard,") else line for line in lines]
    return RuleBook({**OLD.files, name: "\n".join(lines).encode()})


NEW = raised()


def released(*said: tuple[datetime, RuleBook]) -> Models:
    chain: list[Release] = []
    for since, each in ((datetime(2026, 1, 1, tzinfo=UTC), OLD), *said):
        wanted = Release(0, each.hash, since, Approval("rick", "berta", "TAX-1"), "", "")
        chain.append(chained(chain[-1] if chain else None, wanted))
    return Models(chain, {each.hash: each for each in (OLD, NEW)}.__getitem__)


def invoiced(rules: Models, delivered_on: date) -> tuple[InvoiceIssued, str]:
    """What a delivery costs that is recorded long after the change, and by which bundle its tax was decided."""
    billing = Billing(at=AFTERWARDS)
    billing.rig.book = rules
    billing.tell(customer(), contract(), order(order_line(10000)), delivery(10000, "1", delivered_on=delivered_on))
    [tax] = [asked for asked in billing.rig.decisions("billing") if asked.decision.table == "billing/tax"]
    return billing.invoices()[0], tax.decision.bundle


@pytest.mark.parametrize(("day", "tax", "by"), [(9, 1900, OLD), (10, 2100, NEW), (11, 2100, NEW)])
def test_a_late_delivery_is_taxed_by_the_rules_of_its_day(day: int, tax: int, by: RuleBook) -> None:
    invoice, bundle = invoiced(released((MIDNIGHT_IN_BERLIN, NEW)), date(2026, 3, day))

    assert (invoice.tax_minor, bundle) == (tax, by.hash)


def test_rules_taken_back_leave_the_days_between_as_they_were_unless_they_are_taken_back_for_them_too() -> None:
    from_now_on = released((MIDNIGHT_IN_BERLIN, NEW), (AFTERWARDS, OLD))
    from_the_beginning = released((MIDNIGHT_IN_BERLIN, NEW), (MIDNIGHT_IN_BERLIN, OLD))

    found = [invoiced(rules, date(2026, 3, 10))[0].tax_minor for rules in (from_now_on, from_the_beginning)]

    assert found == [2100, 1900]


def test_a_day_before_the_first_release_is_decided_by_the_first() -> None:
    assert invoiced(released((MIDNIGHT_IN_BERLIN, NEW)), date(2025, 12, 30))[1] == OLD.hash
