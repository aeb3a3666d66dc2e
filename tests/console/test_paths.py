"""A service may not ask for a path that the chassis answers for every service: nobody would ever reach it."""

from dataclasses import replace

import pytest
from fastapi import APIRouter
from o2c_chassis.auth import LocalPeople
from o2c_chassis.http import Shadowed, service_app

from tests.chassis import toy
from tests.console.conftest import PEOPLE


def asking(*paths: str) -> APIRouter:
    router = APIRouter()
    for path in paths:
        router.add_api_route(path, lambda: "never", methods=["GET"])
    return router


@pytest.mark.parametrize("path", ["/status", "/parked/{which}", "/verify"])
def test_a_question_that_nobody_could_reach_is_refused_at_the_start(desk, path):
    desk.running.service = replace(toy.service, api=asking("/fine", path))

    with pytest.raises(Shadowed, match="give it another path"):
        service_app(desk.running, LocalPeople(PEOPLE))


def test_a_question_of_its_own_is_served(desk):
    desk.running.service = replace(toy.service, api=asking("/fine"))

    app = service_app(desk.running, LocalPeople(PEOPLE))

    assert "/v1/orders/fine" in app.openapi()["paths"]
