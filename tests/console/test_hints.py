"""Whoever is refused reads what to do next."""

import pytest

from tests.chassis import toy
from tests.chassis.toy import order, record


async def test_a_command_refused_without_a_word_of_advice_shows_how_to_look_at_the_customer(desk):
    plain = await desk.post("customers/acme/orders/o9/cancel")
    odd = await desk.post("customers/a%2F%20b/orders/o9/cancel")

    assert (plain.status_code, plain.json()["hint"]) == (404, "see how it stands: o2c customer acme")
    assert odd.json()["hint"] == "see how it stands: o2c customer 'a/ b'"


async def test_a_question_for_what_is_not_there_says_how_things_are_named(desk):
    answer = await desk.get("decisions/nothing")

    assert (answer.status_code, answer.json()["hint"]) == (
        404,
        "numbers are written as in the events that brought them",
    )


async def test_who_lacks_a_role_is_sent_to_somebody_who_has_it(desk):
    answer = await desk.post("resume")

    assert (answer.status_code, answer.json()["hint"]) == (403, "ask an operator")


async def test_one_person_twice_reads_how_another_does_it_and_a_number_that_is_gone_may_be_another_now(desk):
    await desk.publish(toy.INTAKE, record("x", order("boom", purchase_order="boom")))

    await desk.post("parked/1/discard", who="olga")
    again = await desk.post("parked/1/discard", who="olga")
    gone = await desk.get("parked/99", who="olga")

    assert (again.json()["code"], again.json()["hint"]) == ("own-request", "o2c --as ANOTHER parked discard orders 1")
    assert gone.json()["hint"] == "taken up, given up, or parked again under another number: o2c parked list"


@pytest.mark.parametrize("path", ["parked/1/retry/", "nowhere"])
async def test_a_path_that_is_none_says_where_the_paths_are_listed(desk, path):
    answer = await desk.get(path)

    assert (answer.status_code, answer.json()["hint"]) == (404, "the paths are listed in /openapi.json")
