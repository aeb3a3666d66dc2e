"""How a family's credit stands is told where a decision turned on it, for screens."""

from o2c_chassis.testing import of
from o2c_contracts.master import FamilyChanged
from o2c_contracts.orders import CreditChanged

from tests.orders.cast import delivery, invoice, item_changed, known, limited, order, rig


def test_a_new_limit_is_told_with_what_is_taken_of_it() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 300))

    [raised] = of(world.tell(limited(euros=2000)), CreditChanged)
    again = of(world.tell(limited(euros=2000)), CreditChanged)
    [outside] = of(world.tell(limited(euros=None)), CreditChanged)

    assert (raised.limit_state, raised.limit_minor, raised.limit_currency) == ("amount", 2000_00, "EUR")
    assert raised.exposure == {"EUR": 300_00}
    assert again == []
    assert (outside.limit_state, outside.limit_minor) == ("none", None)


def test_an_order_held_for_credit_and_its_release_tell_what_is_taken() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 900), delivery("o1", 900), invoice("o1", 900))

    [held] = of(world.tell(order("o2", 800)), CreditChanged)
    [released] = of(world.tell(item_changed(left=0)), CreditChanged)

    assert held.exposure == {"EUR": 900_00}
    assert released.exposure == {"EUR": 800_00}


def test_a_move_tells_the_families_that_it_changed() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", None), order("o1", 200, "ben"))

    joined = of(world.tell(FamilyChanged(customer_id="ben", root_id="anna")), CreditChanged)
    left = of(world.tell(FamilyChanged(customer_id="ben", root_id=None)), CreditChanged)

    assert [(e.root_id, e.exposure) for e in joined] == [("anna", {"EUR": 200_00})]
    assert [(e.root_id, e.exposure) for e in left] == [("anna", {}), ("ben", {"EUR": 200_00})]
    assert {e.key for e in [*joined, *left]} == {"c:ben"}


def test_an_order_of_who_has_room_is_told_by_itself() -> None:
    world = rig()
    world.tell(*known(euros=1000))

    assert of(world.tell(order("o1", 100)), CreditChanged) == []
