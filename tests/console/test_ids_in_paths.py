"""A number is whatever another system calls its document: slashes, blanks and percent signs reach the service whole."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from o2c_chassis.commands import Command
from o2c_chassis.service import Service, nothing
from o2c_console.asking import in_path
from o2c_console.world import World, installed, loopback_world
from o2c_contracts.bank import PaymentReceived
from o2c_contracts.topics import SERVICES

from tests.cast import FIRST, MONEY, arrives, at, delivered, orders
from tests.console.conftest import o2c, served
from tests.contracts.samples import sample

pytestmark = pytest.mark.slow

IDS = (
    "SO/6/1",
    "/",
    "a//b",
    "a b",
    "100%",
    "a%2Fb",
    "a+b",
    "Müller & Söhne",
    "..",
    ".",
    "a/../b",
    "?x=1#y",
    "株:1;v=2",
)
PLACES = re.compile(r"{(\w+)}")
Heard = list[tuple[str, Command]]


@pytest.fixture
async def world(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, tmp_path, installed().values()) as opened:
        yield opened


def world_of(database: Callable[..., str], folder: Path, services: Any) -> Any:
    urls = {name: database() for name in (*SERVICES, "log")}
    return loopback_world("live", at(FIRST, 5), urls, folder / "rules", services)


def noting(service: Service, heard: Heard) -> Service:
    """The service with its own commands, which only notes them."""

    def note(command: Any, work: Any) -> Iterator[Any]:
        heard.append((service.name, command))
        yield from ()

    hears = (replace(h, needs=nothing, handler=note) if issubclass(h.event, Command) else h for h in service.hears)
    return replace(service, hears=tuple(hears))


def said_to(kind: type[Command]) -> tuple[list[str], dict[str, Any]]:
    """What the path of a command names, and a body with everything else."""
    names = ["customer_id", *PLACES.findall(kind.route)]
    whole = json.loads(sample(kind).model_dump_json())
    return names, {name: value for name, value in whole.items() if name not in (*names, "roles")}


def filled(path: str, name: str) -> str:
    return PLACES.sub(lambda _: in_path(name), path)


async def test_every_command_hears_the_ids_of_its_path_as_they_were_written(database, tmp_path):
    heard: Heard = []
    services = [noting(service, heard) for service in installed().values()]
    kinds = [(service.name, kind) for service in services for kind in service.commands]
    wrong = []

    async with (
        world_of(database, tmp_path, services) as world,
        served(world) as url,
        httpx.AsyncClient(base_url=url, headers={"x-o2c-as": "olga"}) as client,
    ):
        for n, (service, kind) in enumerate(kinds):
            names, body = said_to(kind)
            for id_ in IDS:
                path = filled(f"/v1/{service}/customers/{{customer_id}}/{kind.route}", id_)
                answer = await client.post(path, json=body, headers={"idempotency-key": f"{n} {id_.encode().hex()}"})
                meant = [(service, kind, [id_] * len(names))]
                found = [(s, type(c), [getattr(c, name) for name in names]) for s, c in heard]
                wrong += [] if (answer.status_code, found) == (200, meant) else [(path, answer.text, found)]
                heard.clear()

    assert {service for service, _ in kinds} == set(SERVICES)
    assert wrong == []


async def test_every_question_looks_for_the_ids_of_its_path_as_they_were_written(world):
    async with served(world) as url, httpx.AsyncClient(base_url=url, headers={"x-o2c-as": "olga"}) as client:
        document = (await client.get("/openapi.json")).json()
        asked = [p for p, ways in document["paths"].items() if "get" in ways and "{" in p and "{number}" not in p]
        asked += ["/v1/billing/documents/{number}/pdf"]

        wrong = []
        for path in asked:
            for id_ in IDS:
                answer = await client.get(filled(path, id_))
                found = answer.json()
                sought = answer.status_code == 200 or (answer.status_code == 404 and id_ in found["detail"])
                named = path != "/v1/customers/{customer_id}" or found.get("customer_id") == id_
                wrong += [] if sought and named else [(path, id_, answer.text)]

    assert {path.split("/")[2] for path in asked} == {*SERVICES, "customers"}
    assert wrong == []


async def test_what_waits_for_a_person_is_released_booked_and_cancelled_whatever_its_number(world):
    """The whole way: a held order, unapplied money, a withheld invoice and its charge; each number has a slash."""
    customer = "a/b 100%"
    mine = f"customers/{in_path(customer)}"
    order, payment = f"{mine}/orders/{in_path('SO/6/2')}", f"{mine}/payments/{in_path('2026/11/1')}"
    await given(world, 6, *arrives(customer, limit_minor=1_000_00))
    await given(world, 7, orders(customer, "SO/6/1"), orders(customer, "SO/6/0"))
    await given(world, 8, delivered(customer, "SO/6/1", 300_00), delivered(customer, "SO/6/0", 300_00))
    await given(world, 9, money(customer, "2026/11/1", 70_00), orders(customer, "SO/6/2", 700_00))

    async with served(world) as url, httpx.AsyncClient(base_url=f"{url}/v1/") as client:
        does, asks = hands_of(world, client), eyes_of(client)
        held = await asks(f"orders/{order}")
        release = await does("clara", f"orders/{order}/release", reason="known")
        kept = await does("carl", f"cash/{payment}/put-on-account", amount_minor=70_00)
        let_go = await does("berta", f"billing/{mine}/drafts/{in_path('delivery/D-SO/6/1')}/release")
        cancel = await does("bella", f"billing/{mine}/charges/{in_path('D-SO/6/0/1')}/cancel", reason="error")
        charge = await asks(f"billing/charges/{in_path('D-SO/6/0/1')}")
        [approval] = (await asks("approvals"))["items"]
        agreed = await asyncio.to_thread(o2c, url, "approvals", "approve", approval["approval_id"], who="boris")
        await world.settle()
        gone = await asks(f"billing/charges/{in_path('D-SO/6/0/1')}")
        released, money_kept = await asks(f"orders/{order}"), await asks(f"cash/payments/{in_path('2026/11/1')}")
        story = await asyncio.to_thread(o2c, url, "customer", customer, "--json")

    assert [a.status_code for a in (release, kept, let_go, cancel)] == [200] * 4
    assert (held["order"]["status"], released["order"]["status"]) == ("held", "accepted")
    assert money_kept["on_account_minor"] == 70_00
    assert [(c["line_id"], c["status"]) for c in (charge, gone)] == [
        ("D-SO/6/0/1", "unbilled"),
        ("D-SO/6/0/1", "cancelled"),
    ]
    assert (agreed.returncode, approval["customer_id"]) == (0, customer)
    told = {(h["type"], h["subject"]) for h in json.loads(story.stdout)["items"]}
    assert told >= {("OrderReleased", "SO/6/2"), ("InvoiceIssued", "DE01-INV-2026-000001")}


def hands_of(world: World, client: httpx.AsyncClient) -> Any:
    async def does(who: str, path: str, **body: Any) -> httpx.Response:
        headers = {"x-o2c-as": who, "idempotency-key": path.rpartition("/")[2]}
        answer = await client.post(path, json=body, headers=headers)
        await world.settle()
        return answer

    return does


def eyes_of(client: httpx.AsyncClient) -> Any:
    async def asks(path: str) -> Any:
        return (await client.get(path, headers={"x-o2c-as": "olga"})).json()

    return asks


async def given(world: World, hour: int, *events: Any) -> None:
    await world.advance(at(FIRST, hour))
    await world.publish("shop", *events)
    await world.settle()


def money(customer: str, number: str, amount_minor: int) -> PaymentReceived:
    return PaymentReceived(
        customer_id=customer, **MONEY, payment_id=number, amount_minor=amount_minor, value_date=FIRST
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/orders/customers/../status", "bad-address"),
        ("/v1/orders/customers/a/./orders", "bad-address"),
        ("/v1/orders/customers/%FF/credit", "bad-address"),
        ("/v1/orders/customers/a%00b/credit", "bad-address"),
        ("/v1/orders/customers/acme/credit/", "not-found"),
        ("/v1/parked", "not-found"),
        ("/v1/orders", "not-found"),
        ("/v1/nowhere/status", "not-found"),
    ],
)
async def test_a_path_that_names_nothing_is_a_problem_and_leads_nowhere_else(world, path, code):
    async with served(world) as url:
        answer = await asyncio.to_thread(raw, url, path)

    assert answer[0] in (400, 404)
    assert answer[1] == "application/problem+json"
    assert answer[2]["code"] == code


def raw(url: str, path: str) -> tuple[int, str, dict[str, Any]]:
    """As written: a client of this house would tidy it up first."""
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request("GET", path, headers={"x-o2c-as": "olga"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), json.loads(answer.read() or b"{}")
