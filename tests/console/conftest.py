"""A toy service behind its HTTP side, called in this process."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from o2c_chassis.auth import LocalPeople, People, Person
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.http import service_app
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import migrate
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_console.local_server import free_port
from o2c_console.main import app
from o2c_rules.bundles import seed
from o2c_rules.hot import HotBook
from typer.testing import CliRunner

from tests.chassis import toy
from tests.chassis.conftest import CREATE

PEOPLE = People(
    default="olga",
    people={
        "olga": Person(roles=("operator", "publisher")),
        "otto": Person(roles=("operator",)),
        "ann": Person(roles=("credit_analyst",)),
    },
)


@pytest.fixture(scope="module")
def template(module_database: Callable[..., str]) -> str:
    """The toy's database, migrated once per module."""
    url = module_database()
    asyncio.run(_make(url))
    return url


async def _make(url: str) -> None:
    await migrate(toy.service, url)
    database = await Database(url).open()
    async with database.transaction() as db:
        await db.execute(CREATE)
    await database.close()


class Desk:
    """A running toy, its bus, and a client for its address."""

    def __init__(self, running: Running, bus: Loopback, client: httpx.AsyncClient) -> None:
        self.running, self.bus, self.client = running, bus, client

    async def publish(self, topic, *records) -> None:
        await self.bus.publish(topic, records)
        await self.settle()

    async def settle(self) -> None:
        while await self.running.step():
            pass

    async def get(self, path: str, who: str = "ann", **query: object) -> httpx.Response:
        return await self.client.get(f"/v1/orders/{path}", params=query, headers={"x-o2c-as": who})

    async def post(self, path: str, body: object = None, *, who: str = "ann", key: str = "k-1") -> httpx.Response:
        content = body if isinstance(body, bytes) else None
        headers = {"x-o2c-as": who, "idempotency-key": key}
        return await self.client.post(
            f"/v1/orders/{path}", content=content, json=None if content is not None else body, headers=headers
        )


@asynccontextmanager
async def desk_at(url: str, log_url: str, rules: Path) -> AsyncIterator[Desk]:
    database, log = await Database(url).open(), await Database(log_url, most=3).open()
    clock = SimulatedClock(toy.NOON)
    bus = await Loopback(log, clock).open()
    in_force = RulesInForce("orders", database, HotBook(seed(rules, toy.NOON)), clock)
    await in_force.refresh()
    running = Running(toy.service, Surroundings(database, bus, in_force, clock, Nowhere()))
    transport = httpx.ASGITransport(service_app(running, LocalPeople(PEOPLE)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Desk(running, bus, client)
    await running.relay.close()
    await database.close()
    await bus.close()


@pytest.fixture
async def desk(database: Callable[..., str], template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_at(database(template=template), database(), tmp_path / "rules") as made:
        yield made


O2C = [sys.executable, "-m", "o2c_console"]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`o2c up` on a fresh folder, stopped with Ctrl-C."""
    home = tmp_path_factory.mktemp("up")
    home.chmod(0o755)
    port = free_port()
    command = [*O2C, "up", "--home", str(home), "--port", str(port)]
    with (home / "said").open("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=home)
        assert process.stdout is not None
        line = process.stdout.readline()
        said.seek(0)
        assert "o2c is up" in line, said.read()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
            process.stdout.close()
    assert code == 0, (home / "said").read_text()
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def o2c(url: str, *arguments: str, who: str = "olga", said: str = "") -> Said:
    """The command line, in this process: only the platform is another."""
    result = CliRunner().invoke(app, ["--url", url, "--as", who, *arguments], input=said)
    return Said(result.exit_code, result.stdout, result.stderr)
