"""A contract that has a model of its own is decided by it from its cut-over on; nothing is decided by two models."""

from datetime import UTC, datetime, timedelta

from o2c_chassis.testing import Rig
from o2c_contracts.orders import OrderHeld
from o2c_orders.domain.orders import Hold
from o2c_rules.releasing.chain import Approval, Release, Scope, chained
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import RuleBook

from tests.orders.cast import MONDAY, known, limited, order, rig, told

SHIPPED = RuleBook.shipped()
CUT_OVER, BACK = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def generous() -> RuleBook:
    """A model in which any class may pass its limit by a half."""
    name = "orders/tolerance.yaml"
    text = SHIPPED.files[name].decode()
    for percent in ("10", "5", "0"):
        text = text.replace(f"percent: {percent}, because", "percent: 50, because")
    return RuleBook({**SHIPPED.files, name: text.encode()})


FMO = generous()


def models(*said: tuple[datetime, RuleBook, Scope]) -> Models:
    chain: list[Release] = []
    for since, book, scope in ((YEARS_AGO, SHIPPED, Scope()), *said):
        wanted = Release(0, book.hash, since, Approval("rick", "clara", "FMO-1"), "", "", scope)
        chain.append(chained(chain[-1] if chain else None, wanted))
    return Models(chain, {book.hash: book for book in (SHIPPED, FMO)}.__getitem__)


def bundles(world: Rig, subject: str) -> set[str]:
    """The bundles of all decisions about an order, the matrix and its clocks included."""
    return {asked.decision.bundle for asked in world.decisions("orders") if asked.subject == subject}


def test_an_order_is_decided_by_the_model_of_its_contract_from_the_cut_over_on() -> None:
    world = rig(book=models((CUT_OVER, FMO, Scope(("K-anna", "K-carl")))))
    world.tell(*known("anna"), *known("bert"), *known("carl"))

    before = world.tell(order("a1", 1400), at=CUT_OVER - timedelta(microseconds=1))
    after = world.tell(order("c1", 1400, "carl"), at=CUT_OVER)
    another = world.tell(order("b1", 1400, "bert"))

    assert [told(events) for events in (before, after, another)] == [["OrderHeld"], ["OrderAccepted"], ["OrderHeld"]]
    assert bundles(world, "a1") == bundles(world, "b1") == {SHIPPED.hash}
    assert bundles(world, "c1") == {FMO.hash}


def test_an_order_that_waits_is_decided_anew_by_the_model_of_that_instant_and_by_no_other() -> None:
    world = rig(book=models((CUT_OVER, FMO, Scope(("K-anna",)))))
    world.tell(*known("anna"))
    world.tell(order("a1", 1400))
    before = len(world.decisions("orders"))

    events = world.tell(limited("anna", 1001), at=CUT_OVER)

    assert told(events) == ["OrderReleased"]
    anew = [asked for asked in world.decisions("orders")[before:] if asked.subject == "a1"]
    assert {asked.decision.bundle for asked in anew} == {FMO.hash}


def test_a_rollback_gives_the_contract_back_to_the_general_rules() -> None:
    contracts = ("K-anna",)
    world = rig(book=models((CUT_OVER, FMO, Scope(contracts)), (BACK, SHIPPED, Scope(contracts, returns=True))))
    world.tell(*known("anna"))

    during = world.tell(order("a1", 100), at=BACK - timedelta(microseconds=1))
    after = world.tell(order("a2", 1300), at=BACK)

    assert (told(during), told(after)) == (["OrderAccepted"], ["OrderHeld"])
    assert (bundles(world, "a1"), bundles(world, "a2")) == ({FMO.hash}, {SHIPPED.hash})


def test_a_late_order_is_decided_by_the_rules_of_the_instant_at_which_it_was_recorded() -> None:
    world = rig(book=models((CUT_OVER, FMO, Scope())))
    world.tell(*known("anna"))

    late = world.tell(order("a1", 1400), at=CUT_OVER - timedelta(hours=1))
    world.at = CUT_OVER + timedelta(hours=1)

    assert told(late) == ["OrderHeld"]
    assert bundles(world, "a1") == {SHIPPED.hash}


def test_the_clock_of_an_order_runs_by_the_model_of_its_contract() -> None:
    world = rig(book=models((YEARS_AGO, FMO, Scope(("K-anna",)))))
    world.tell(*known("anna"))

    events = world.tell(order("a1", 5000))
    world.until(MONDAY + timedelta(days=3))

    assert isinstance(events[0], OrderHeld)
    assert world.rows("orders", Hold)[0].noticed > 0
    assert bundles(world, "a1") == {FMO.hash}
