"""Who outside may tell what: the table's word, remembered until another book decides."""

from datetime import date

import pytest
from o2c_chassis.sources import Sources
from o2c_contracts.wire import Unreadable
from o2c_rules.rulebook import RuleBook

DAY = date(2026, 3, 2)
MASTER, OWN = "o2c.master.v1", "o2c.orders.v1"
NOBODY = b"""
table: reference/sources
title: Nobody outside may tell anything
policy: F
version_by: recorded
facts: {sender: text, type: text}
outcome: {allowed: boolean}
default: {allowed: false, because: "{sender} is not known here"}
rows:
  - {id: docks, sender: docks, allowed: true, because: "{sender} is known", basis: house}
"""


class Store:
    """Hands out the book in force."""

    def __init__(self, book: RuleBook) -> None:
        self.now = book

    def __call__(self) -> RuleBook:
        return self.now


def test_a_system_that_takes_orders_sets_no_limits() -> None:
    sources = Sources(RuleBook.shipped)

    sources.demand(MASTER, "webshop/berlin", "CustomerRegistered", DAY)

    for _ in range(2):
        with pytest.raises(Unreadable, match="webshop/berlin takes orders; CreditLimitSet comes from") as refused:
            sources.demand(MASTER, "webshop/berlin", "CreditLimitSet", DAY)
        assert refused.value.code == "source-not-allowed"


def test_another_book_is_asked_anew() -> None:
    store = Store(RuleBook.shipped())
    sources = Sources(store)
    sources.demand(MASTER, "shop", "CreditLimitSet", DAY)

    store.now = RuleBook({"reference/sources.yaml": NOBODY})

    with pytest.raises(Unreadable, match="shop is not known here"):
        sources.demand(MASTER, "shop", "CreditLimitSet", DAY)
    sources.demand(MASTER, "docks", "CreditLimitSet", DAY)


def test_a_topic_of_ours_has_its_one_writer_and_no_table() -> None:
    sources = Sources(Store(RuleBook({"reference/sources.yaml": NOBODY})))

    sources.demand(OWN, "orders", "OrderAccepted", DAY)


def test_a_bundle_without_the_table_lets_everybody_tell() -> None:
    sources = Sources(Store(RuleBook({})))

    sources.demand(MASTER, "webshop", "CreditLimitSet", DAY)


def test_an_answer_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    decide = RuleBook.decide
    monkeypatch.setattr(RuleBook, "decide", lambda book, *given: asked.append(given) or decide(book, *given))
    sources = Sources(RuleBook.shipped)

    for _ in range(3):
        sources.demand(MASTER, "shop", "CreditLimitSet", DAY)

    assert len(asked) == 1
