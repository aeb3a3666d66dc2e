"""A toy service behind its HTTP side, called in this process."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from o2c_chassis.auth import LocalPeople, People, Person, people_of
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.http import service_app
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import migrate
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.serving import address
from o2c_chassis.settings import Auth, read
from o2c_console.desk import client_of, closing, desk_app
from o2c_console.intake import Intake
from o2c_console.local_server import free_port
from o2c_console.main import app
from o2c_console.settings import PEOPLE as PEOPLE_FILE
from o2c_console.world import World
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


@asynccontextmanager
async def served(world: World, *silent: str) -> AsyncIterator[str]:
    """The one address before the services of a world that stands still; the silent ones do not answer."""
    identify, port = LocalPeople(people_of(PEOPLE_FILE)), free_port()
    apps = {
        name: client_of("http://127.0.0.1:9" if name in silent else service_app(running, identify))
        for name, running in world.services.items()
    }
    async with closing(apps) as clients:
        rules = world.services["orders"].rules.book
        server = address(
            desk_app(Intake(world.bus, world.clock, world.name, rules), identify, clients),
            read("o2c", Auth, http_host="127.0.0.1", http_port=port),
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving


RECEIVABLES = """\
customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate
early,101,1/2/2012,2/1/2012,100.00,No,1/12/2012
late,102,1/2/2012,2/1/2012,250.50,No,2/13/2012
angry,103,1/3/2012,2/2/2012,70.25,Yes,2/20/2012
twin,104,1/2/2012,2/1/2012,40.00,No,1/20/2012
twin,105,1/2/2012,2/1/2012,40.00,No,1/25/2012
sums,106,1/2/2012,2/1/2012,10.00,No,1/20/2012
sums,107,1/2/2012,2/1/2012,20.00,No,1/20/2012
sums,108,1/2/2012,2/1/2012,30.00,No,2/10/2012
"""
"""Without remittances the money of twin and sums has several explanations each."""


def in_a_shell(folder: Path, command: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """As typed by a person, who has the environment's programs on the path."""
    return subprocess.run(
        ["bash", "-c", command], input=said, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment},
    )  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A replay that was told to keep its world: where it was called, what it said, the commands it named."""

    place: Path
    done: subprocess.CompletedProcess[str]
    folder: Path
    ways: dict[str, str]

    def rows(self, service: str, statement: str) -> str:
        """What PostgreSQL answers to a statement by the command that the replay named, or its own error."""
        command = self.ways["the rows of orders"].replace("replay_orders", f"replay_{service}")
        bare = "\\set QUIET on\n\\pset format unaligned\n\\pset tuples_only on\n"
        asked = in_a_shell(self.place, command, f"{bare}{statement};\n")
        assert asked.returncode == 0, asked.stderr
        return asked.stdout.strip()


@contextmanager
def kept_by(place: Path, command: str, **environment: str) -> Iterator[Kept]:
    """A replay with --keep; in the end the command that it names for that clears everything away."""
    (place / "file.csv").write_text(RECEIVABLES)
    done = in_a_shell(place, command, **environment)
    plain = re.sub(r"\x1b\[[?\d;]*[A-Za-z]|\r", "", done.stderr)
    said = re.search(r"^kept in (\S+)$", plain, re.MULTILINE)
    assert said, plain[-2000:]
    found = Kept(place, done, Path(said[1]), dict(re.findall(r"^  ([a-z ]+): +(\S.*)$", plain, re.MULTILINE)))
    try:
        yield found
    finally:
        ended = in_a_shell(place, found.ways["done with it"])
    assert (ended.returncode, found.folder.exists()) == (0, False), ended.stderr


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Three customers whose payments speak for themselves, and two whose do not."""
    command = "o2c replay file.csv --keep --without-remittance --json --allocations pairs.csv"
    with kept_by(tmp_path_factory.mktemp("kept"), command) as found:
        yield found


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def o2c(url: str, *arguments: str, who: str = "olga", said: str = "") -> Said:
    """The command line, in this process: only the platform is another."""
    result = CliRunner().invoke(app, ["--url", url, "--as", who, *arguments], input=said)
    return Said(result.exit_code, result.stdout, result.stderr)
