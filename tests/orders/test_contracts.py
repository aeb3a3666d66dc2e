"""Contracts bind when they have what their kind must have; amendments hold from a date; an end is told once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.master import ContractAmendRequested, ContractLine
from o2c_contracts.orders import (
    ContractActivated,
    ContractAmended,
    ContractEnded,
    ContractRefused,
    OrderRejected,
    RequestRefused,
)
from o2c_contracts.shared import ApprovalGranted, ApprovalRequested, ApprovalVoided
from o2c_orders.commands import ApproveRequest, EndContract
from o2c_orders.domain.contracts import Contract, ContractVersion

from tests.orders.cast import MONDAY, contracted, known, limited, order, registered, rig, told

SERVICE = {"signatory": "A. Berg", "notice_days": "30"}


def charged(line_id: str = "1", price: str = "50", **said: Any) -> ContractLine:
    content: dict[str, Any] = {
        "line_id": line_id,
        "product": "care",
        "quantity": Decimal(1),
        "unit_price": Decimal(price),
        "starts_on": date(2026, 1, 1),
    }
    return ContractLine(**content | said)


def amendment(effective_on: date, amendment_id: str = "A-1", **said: Any) -> ContractAmendRequested:
    content: dict[str, Any] = {"customer_id": "anna", "contract_id": "K-anna", "amendment_id": amendment_id}
    return ContractAmendRequested(effective_on=effective_on, **content | said)


def holding(versions: list[ContractVersion], day: date) -> ContractVersion:
    """The version that holds on a day."""
    return max((v for v in versions if v.effective_on <= day), key=lambda v: (v.effective_on, v.version))


def ending(on: date, role: str = "sales_director") -> EndContract:
    return EndContract(customer_id="anna", contract_id="K-anna", ends_on=on, roles=(role,))


def test_a_complete_contract_is_activated_with_all_its_terms() -> None:
    world = rig()

    events = world.tell(
        contracted(
            kind="subscription",
            attributes=SERVICE,
            lines=(charged(),),
            discount_percent=Decimal(2),
            discount_days=10,
        )
    )

    [active] = of(events, ContractActivated)
    assert (active.contract_id, active.version, active.terms_days) == ("K-anna", 1, 30)
    assert (active.discount_percent, active.discount_days) == (Decimal(2), 10)
    assert active.lines == (charged(),)


def test_a_refusal_names_every_row_and_field() -> None:
    world = rig()

    events = world.tell(
        contracted(kind="subscription", terms_days=None, starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))
    )

    [refused] = of(events, ContractRefused)
    assert [(r.row, r.field) for r in refused.reasons] == [
        ("payment-terms", "terms_days"),
        ("service-signatory", "signatory"),
        ("subscription-lines", "lines"),
        ("subscription-notice", "notice_days"),
        ("ends-before-start", "ends_on"),
    ]


def test_a_kind_that_nobody_knows_and_a_company_that_is_none_are_refused() -> None:
    world = rig()

    events = world.tell(contracted(kind="spott", legal_entity="ZZ99"))

    assert [r.row for r in of(events, ContractRefused)[0].reasons] == ["kind-unknown", "legal-entity-unknown"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("terms-over-cap-eu", {"terms_days": 61}),
        ("discount-half-given", {"discount_percent": Decimal(2)}),
        ("discount-after-terms", {"discount_percent": Decimal(2), "discount_days": 31}),
        ("line-outside", {"lines": (charged(starts_on=date(2024, 12, 31)),)}),
        ("line-twice", {"lines": (charged(), charged())}),
    ],
)
def test_what_contradicts_itself_is_refused(row: str, said: dict[str, Any]) -> None:
    world = rig()

    events = world.tell(contracted(**said))

    assert [r.row for r in of(events, ContractRefused)[0].reasons] == [row]


def test_a_refused_contract_may_be_proposed_again_and_an_active_one_may_not() -> None:
    world = rig()
    world.tell(contracted(terms_days=None))

    mended = world.tell(contracted())
    again = world.tell(contracted(terms_days=14))

    assert told(mended) == ["ContractActivated"]
    assert of(again, RequestRefused)[0].reasons[0].row == "contract-active-already"


def test_an_amendment_holds_from_its_date_and_says_all_terms() -> None:
    world = rig()
    world.tell(contracted(kind="subscription", attributes=SERVICE, lines=(charged(),)))

    events = world.tell(amendment(date(2026, 3, 1), lines=(charged(price="60"),), attributes={"signatory": "B. Holm"}))

    [amended] = of(events, ContractAmended)
    assert (amended.version, amended.effective_on, amended.amendment_id, amended.terms_days) == (
        2,
        date(2026, 3, 1),
        "A-1",
        30,
    )
    assert amended.lines == (charged(price="60"),)
    versions = world.rows("orders", ContractVersion)
    before, after = holding(versions, date(2026, 2, 28)), holding(versions, date(2026, 3, 1))
    assert (before.version, before.attributes_given) == (1, SERVICE)
    assert (after.version, after.attributes_given) == (2, SERVICE | {"signatory": "B. Holm"})


def test_an_amendment_that_takes_away_what_must_be_is_refused_and_changes_nothing() -> None:
    world = rig()
    world.tell(contracted(kind="subscription", attributes=SERVICE, lines=(charged(),)))

    events = world.tell(amendment(date(2026, 3, 1), lines=()))

    assert [(e.request, e.reasons[0].row) for e in of(events, RequestRefused)] == [
        ("amend-contract", "subscription-lines")
    ]
    assert [v.version for v in world.rows("orders", ContractVersion)] == [1]


def test_an_amendment_of_a_contract_that_nobody_proposed_is_refused() -> None:
    events = rig().tell(amendment(date(2026, 3, 1), terms_days=14))

    assert of(events, RequestRefused)[0].reasons[0].row == "contract-unknown"


def test_an_amendment_may_end_the_contract_later_or_sooner() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(ends_on=date(2026, 1, 31)))

    world.tell(amendment(date(2026, 1, 10), ends_on=date(2026, 6, 30)))

    assert told(world.tell(order("o1"), at=datetime(2026, 6, 30, 12, tzinfo=UTC))) == ["OrderAccepted"]
    assert told(world.tell(order("o2"), at=datetime(2026, 7, 1, 12, tzinfo=UTC))) == ["OrderRejected"]


def test_the_end_is_told_when_the_day_after_the_last_begins_where_the_company_is() -> None:
    world = rig()
    world.tell(contracted(ends_on=date(2026, 1, 31)))
    midnight_in_berlin = datetime(2026, 1, 31, 23, tzinfo=UTC)

    assert world.until(midnight_in_berlin - timedelta(seconds=1)) == []
    events = world.until(midnight_in_berlin)

    [ended] = of(events, ContractEnded)
    assert ended.ends_on == date(2026, 1, 31)
    assert world.rows("orders", Contract)[0].status == "ended"


def test_an_end_that_was_moved_is_told_on_its_new_day_only() -> None:
    world = rig()
    world.tell(contracted(ends_on=date(2026, 1, 31)))
    world.tell(amendment(date(2026, 1, 10), ends_on=date(2026, 2, 28)))

    events = world.until(datetime(2026, 3, 31, tzinfo=UTC))

    assert [e.ends_on for e in of(events, ContractEnded)] == [date(2026, 2, 28)]


def test_what_an_amendment_gives_holds_in_later_versions_that_did_not_give_it_whichever_was_agreed_first() -> None:
    world = rig()
    world.tell(
        contracted(kind="subscription", attributes=SERVICE, lines=(charged(),), ends_on=date(2026, 6, 30)),
        amendment(date(2026, 6, 1), "A-1", lines=(charged(price="200"),), ends_on=date(2027, 12, 31)),
    )

    events = world.tell(
        amendment(
            date(2026, 5, 1), "A-2", terms_days=45, lines=(charged(price="150"),), attributes={"notice_days": "90"}
        )
    )

    assert [
        (e.version, e.amendment_id, e.effective_on, e.terms_days, e.ends_on, e.lines[0].unit_price)
        for e in of(events, ContractAmended)
    ] == [
        (3, "A-2", date(2026, 5, 1), 45, date(2026, 6, 30), Decimal(150)),
        (2, "A-1", date(2026, 6, 1), 45, date(2027, 12, 31), Decimal(200)),
    ]
    june = holding(world.rows("orders", ContractVersion), date(2026, 6, 1))
    assert (june.version, june.attributes_given) == (2, SERVICE | {"notice_days": "90"})


def test_a_contract_ends_as_the_version_latest_in_effect_says() -> None:
    world = rig()
    world.tell(contracted(ends_on=date(2026, 6, 30)), amendment(date(2026, 6, 1), ends_on=date(2026, 12, 31)))

    world.tell(amendment(date(2026, 5, 1), "A-2", terms_days=45))
    in_between = world.until(datetime(2026, 12, 31, 12, tzinfo=UTC))
    events = world.until(datetime(2027, 1, 1, tzinfo=UTC))

    assert of(in_between, ContractEnded) == []
    assert [e.ends_on for e in of(events, ContractEnded)] == [date(2026, 12, 31)]


def test_a_version_that_nothing_changes_is_not_told_again() -> None:
    world = rig()
    world.tell(contracted(), amendment(date(2026, 6, 1), "A-1", terms_days=14))

    events = world.tell(amendment(date(2026, 5, 1), "A-2", terms_days=45))

    assert [(e.version, e.terms_days) for e in of(events, ContractAmended)] == [(3, 45)]


def test_an_amendment_from_before_the_contract_holds_from_its_first_day() -> None:
    world = rig()
    world.tell(contracted(starts_on=date(2026, 2, 1)))

    events = world.tell(amendment(date(2026, 1, 1), terms_days=14))

    assert [(e.effective_on, e.terms_days) for e in of(events, ContractAmended)] == [(date(2026, 2, 1), 14)]


def test_an_amendment_that_makes_a_later_version_impossible_is_refused_and_changes_nothing() -> None:
    world = rig()
    later = charged(starts_on=date(2026, 6, 1), ends_on=date(2026, 12, 31))
    world.tell(
        contracted(kind="subscription", attributes=SERVICE, lines=(charged(),)),
        amendment(date(2026, 6, 1), "A-1", lines=(later,)),
    )
    before = world.rows("orders", ContractVersion)

    events = world.tell(amendment(date(2026, 5, 1), "A-2", ends_on=date(2026, 9, 30)))

    assert [(e.request, [r.row for r in e.reasons]) for e in of(events, RequestRefused)] == [
        ("amend-contract", ["line-outside"])
    ]
    assert world.rows("orders", ContractVersion) == before


AMENDMENTS = (
    amendment(date(2026, 3, 1), "A-1", lines=(charged(price="60"),)),
    amendment(date(2026, 5, 1), "A-2", terms_days=45, attributes={"signatory": "B. Holm"}),
    amendment(date(2026, 6, 1), "A-3", ends_on=date(2026, 12, 31), lines=(charged(price="70"), charged("2", "5"))),
    amendment(date(2026, 8, 1), "A-4", attributes={"notice_days": "90"}, ends_on=date(2027, 3, 31)),
)


@pytest.mark.parametrize("agreed", list(permutations(AMENDMENTS)))
def test_whatever_the_order_in_which_amendments_are_agreed_each_day_has_the_same_terms(
    agreed: tuple[ContractAmendRequested, ...],
) -> None:
    world = rig()
    world.tell(contracted(kind="subscription", attributes=SERVICE, lines=(charged(),)))

    events = world.tell(*agreed)

    told_last = {e.version: (e.effective_on, e.terms_days, e.ends_on, e.lines) for e in of(events, ContractAmended)}
    once, more = (charged(price="60"),), (charged(price="70"), charged("2", "5"))
    assert sorted(told_last.values(), key=lambda terms: terms[0]) == [
        (date(2026, 3, 1), 30, None, once),
        (date(2026, 5, 1), 45, None, once),
        (date(2026, 6, 1), 45, date(2026, 12, 31), more),
        (date(2026, 8, 1), 45, date(2027, 3, 31), more),
    ]
    [contract] = world.rows("orders", Contract)
    last = holding(world.rows("orders", ContractVersion), date(2026, 8, 1))
    assert contract.ends_on == date(2027, 3, 31)
    assert last.attributes_given == {"signatory": "B. Holm", "notice_days": "90"}


def test_who_has_authority_ends_a_contract() -> None:
    world = rig()
    world.tell(*known())

    events = world.command("orders", ending(date(2026, 1, 31)), "sam")

    assert [e.ends_on for e in of(events, ContractEnded)] == [date(2026, 1, 31)]
    assert told(world.tell(order("o1"), at=datetime(2026, 1, 31, 12, tzinfo=UTC))) == ["OrderAccepted"]
    late = world.tell(order("o2"), at=datetime(2026, 2, 1, 12, tzinfo=UTC))
    assert [r.row for r in of(late, OrderRejected)[0].reasons] == ["contract-ended"]


def test_who_may_only_ask_needs_the_sales_director() -> None:
    world = rig()
    world.tell(*known())

    [asked] = of(world.command("orders", ending(date(2026, 1, 31), "billing_manager"), "bea"), ApprovalRequested)
    events = world.command(
        "orders",
        ApproveRequest(customer_id="anna", approval_id=asked.approval_id, roles=("sales_director",)),
        "sam",
    )

    assert [(s.role, s.count) for s in asked.steps] == [("sales_director", 1)]
    assert told(events) == ["ApprovalGranted", "ContractEnded"]
    assert of(events, ApprovalGranted)[0].approved_by == ("sam",)


def test_a_request_to_end_a_contract_ends_when_it_is_amended_and_may_be_asked_anew() -> None:
    world = rig()
    world.tell(*known())
    [asked] = of(world.command("orders", ending(date(2026, 1, 31), "billing_manager"), "bea"), ApprovalRequested)

    events = world.tell(amendment(date(2026, 1, 10), terms_days=14))
    again = world.command("orders", ending(date(2026, 1, 31), "billing_manager"), "bea")

    assert [(e.approval_id, e.reason) for e in of(events, ApprovalVoided)] == [
        (asked.approval_id, "the contract was amended")
    ]
    assert told(again) == ["ApprovalRequested"]


def test_a_contract_that_ended_by_itself_ends_no_second_time_by_agreement() -> None:
    world = rig()
    world.tell(registered(), contracted(ends_on=date(2026, 1, 6)))
    [asked] = of(world.command("orders", ending(date(2026, 1, 5), "billing_manager"), "bea"), ApprovalRequested)

    events = world.until(datetime(2026, 1, 7, tzinfo=UTC))

    assert told(events) == ["ApprovalVoided", "ContractEnded"]
    with pytest.raises(Refused) as refusal:
        world.command(
            "orders",
            ApproveRequest(customer_id="anna", approval_id=asked.approval_id, roles=("sales_director",)),
            "sam",
        )
    assert refusal.value.code == "approval-not-open"


def test_nobody_else_ends_a_contract_and_an_end_that_cannot_be_says_why() -> None:
    world = rig()
    world.tell(*known())

    for command, code in (
        (ending(date(2026, 1, 31), "collector"), "no-authority"),
        (ending(date(2024, 1, 31)), "ends-before-start"),
        (
            EndContract(customer_id="anna", contract_id="K-none", ends_on=MONDAY.date(), roles=("sales_director",)),
            "contract-unknown",
        ),
    ):
        with pytest.raises(Refused) as refusal:
            world.command("orders", command, "sam")
        assert refusal.value.code == code
