"""The one address says that it is up once every service answers, and names who does not."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from o2c_chassis.auth import LocalPeople
from o2c_chassis.http import app_of
from o2c_chassis.serving import Address, address
from o2c_chassis.settings import Auth
from o2c_console import platform
from o2c_console.desk import client_of, closing
from o2c_console.local_server import free_port
from o2c_console.platform import Place, announced

from tests.console.conftest import PEOPLE

UP = "o2c is up on http://127.0.0.1:{} (Ctrl-C stops it)"


def server_at(port: int) -> Address:
    return address(app_of("o2c", LocalPeople(PEOPLE)), Auth(http_host="127.0.0.1", http_port=port))


@asynccontextmanager
async def running(server: Address) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(server.serve())
    try:
        yield task
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def announcing(folder: Path, ports: Mapping[str, int]) -> AsyncIterator[tuple[Address, io.StringIO]]:
    """The address, and what it has said so far, before services at these ports."""
    place, said = Place(folder, free_port()), io.StringIO()
    async with closing({name: client_of(f"http://127.0.0.1:{port}") for name, port in ports.items()}) as clients:
        server = announced(server_at(place.port), place, clients, said)
        async with running(server):
            yield server, said


async def until(server: Address, said: io.StringIO) -> str:
    async with asyncio.timeout(20):
        while not said.getvalue():
            await asyncio.sleep(0.01)
    assert server.started
    return said.getvalue().rstrip("\n")


async def test_nothing_is_said_and_nobody_listens_before_the_last_service_answers(tmp_path):
    early, late = free_port(), free_port()

    async with running(server_at(early)), announcing(tmp_path, {"orders": early, "billing": late}) as (server, said):
        await asyncio.sleep(0.5)
        before = said.getvalue(), server.started
        async with running(server_at(late)):
            after = await until(server, said)

    assert before == ("", False)
    assert after == UP.format(server.config.port)


async def test_who_stays_silent_is_named_and_the_others_are_not_kept_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "START_SECONDS_MAX", 0.3)

    async with announcing(tmp_path, {"orders": free_port(), "billing": free_port()}) as (server, said):
        after = await until(server, said)

    assert after == UP.format(server.config.port) + f"; no answer from: orders, billing, see their logs in {tmp_path}"


async def test_it_stops_at_once_while_it_waits(tmp_path):
    async with asyncio.timeout(5), announcing(tmp_path, {"orders": free_port()}) as (server, said):
        await asyncio.sleep(0.2)
        server.should_exit = True

    assert (said.getvalue(), server.started) == ("", False)
