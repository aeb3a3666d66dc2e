"""`o2c up`: PostgreSQL, the five services and the one address on this machine, until Ctrl-C."""

import asyncio
import logging
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from o2c_chassis import logs
from o2c_chassis.bus import Bus
from o2c_chassis.clock import RealClock
from o2c_chassis.database import Database
from o2c_chassis.http import service_app
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import migrate
from o2c_chassis.running import Running
from o2c_chassis.service import Service
from o2c_chassis.serving import Address, address, identify_of, patience_of, started, until_stopped
from o2c_chassis.settings import Auth, Settings, read
from o2c_contracts.topics import SERVICES
from o2c_rules.bundles import Store, seed
from o2c_rules.hot import HotBook
from pydantic import SecretStr

from . import local_postgres
from .children import Children
from .desk import Clients, client_of, closing, desk_app, silent_among
from .intake import Intake, released
from .local_server import free_port
from .rules_desk import RulesDesk
from .settings import PEOPLE, command_line, inherited
from .sole import started_by_up

log = logging.getLogger("o2c.up")
START_SECONDS_MAX = 60
"""So long a service may take until it first answers; then the others are not kept waiting."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this machine's platform lives: its folder, and its address on 127.0.0.1."""

    folder: Path
    port: int
    people: Path = PEOPLE

    @property
    def rules(self) -> Path:
        return self.folder / "rules"

    @property
    def documents(self) -> Path:
        return self.folder / "documents"


async def up_on_loopback(place: Place, services: Mapping[str, Service], said: TextIO) -> None:
    """All in this process, on the log in PostgreSQL."""
    async with AsyncExitStack() as stack:
        urls = await _prepared(place, services, stack)
        journal = await Database(urls[local_postgres.LOG], most=3).open()
        bus = await Loopback(journal).open()
        stack.push_async_callback(bus.close)
        auth = read("o2c", Auth, http_host="127.0.0.1", http_port=place.port, identities=place.people, oidc_issuer="")
        identify = identify_of(auth)
        running: list[Running] = []
        apps = {}
        for name, service in services.items():
            settings = _settings_of(name, urls[name], place)
            running.append(await stack.enter_async_context(started(service, settings, bus)))
            apps[name] = client_of(service_app(running[-1], identify, patience_of(settings)))
        clients = await stack.enter_async_context(closing(apps))
        rules = RulesDesk(Store(place.rules), RealClock())
        app = desk_app(Intake(bus, RealClock(), "live", running[0].rules.book), identify, clients, rules)
        await until_stopped(announced(address(app, auth), place, clients, said), running)


async def up_on_kafka(place: Place, services: Mapping[str, Service], servers: str, said: TextIO) -> None:
    """Each service a process of its own; this one is the address before them."""
    from o2c_chassis.kafka import Kafka, security_of  # noqa: PLC0415 - an embedded run needs no Kafka client

    async with AsyncExitStack() as stack:
        urls = await _prepared(place, services, stack)
        bus: Bus = Kafka(servers, security_of(command_line()))
        stack.push_async_callback(bus.close)
        auth = read("o2c", Auth, http_host="127.0.0.1", http_port=place.port, identities=place.people, oidc_issuer="")
        ports = {name: free_port() for name in services}
        children = Children(place.folder)
        await stack.enter_async_context(children.running(_commands(place, urls, ports, servers)))
        clients = await stack.enter_async_context(
            closing({name: client_of(f"http://127.0.0.1:{port}") for name, port in ports.items()})
        )
        store = Store(place.rules)
        intake = Intake(bus, RealClock(), "live", released(HotBook(store), RealClock()))
        app = desk_app(intake, identify_of(auth), clients, RulesDesk(store, RealClock()))
        await until_stopped(announced(address(app, auth), place, clients, said), [])


async def _prepared(place: Place, services: Mapping[str, Service], stack: AsyncExitStack) -> dict[str, str]:
    """PostgreSQL up, databases migrated, rules seeded; stopped again at the end unless a person had started it."""
    was_running = local_postgres.find(place.folder / "postgres") is not None
    cluster = await asyncio.to_thread(local_postgres.start, place.folder / "postgres")
    if started_by_up(cluster, was_running=was_running):
        stack.push_async_callback(asyncio.to_thread, local_postgres.stop, cluster.folder)
    urls = await asyncio.to_thread(local_postgres.ensure_databases, cluster, SERVICES)
    seed(place.rules, RealClock().now())
    for name, service in services.items():
        await migrate(service, urls[name])
    return urls


def _settings_of(name: str, url: str, place: Place) -> Settings:
    return read(
        name,
        Settings,
        database_url=SecretStr(url),
        bus="loopback",
        rules_store_url=str(place.rules),
        delivery_folder=place.documents / name,
    )


def _commands(
    place: Place, urls: Mapping[str, str], ports: Mapping[str, int], servers: str
) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Service -> how its process is started, and its environment."""
    found = {}
    for name, port in ports.items():
        own = {
            f"{name.upper()}_DATABASE_URL": urls[name],
            f"{name.upper()}_HTTP_HOST": "127.0.0.1",
            f"{name.upper()}_HTTP_PORT": str(port),
            f"{name.upper()}_BUS": "kafka",
            f"{name.upper()}_KAFKA_SERVERS": servers,
            f"{name.upper()}_IDENTITIES": str(place.people.resolve()),
            f"{name.upper()}_OIDC_ISSUER": "",
            f"{name.upper()}_RULES_STORE_URL": str(place.rules.resolve()),
            f"{name.upper()}_DELIVERY_FOLDER": str((place.documents / name).resolve()),
        }
        found[name] = ([sys.executable, "-m", f"o2c_{name}", "run"], inherited(**own))
    return found


def announced(server: Address, place: Place, clients: Clients, said: TextIO) -> Address:
    """Listen once every service answers, and say where; who is silent for too long is named and not waited for."""
    begin = server.startup

    async def startup(sockets: object = None) -> None:
        silent = await _silent_at_last(server, clients)
        if server.should_exit:
            return
        await begin()
        if server.started:
            for name in silent:
                log.error("a service does not answer", extra={"child": name})
            missing = f"; no answer from: {', '.join(silent)}, see their logs in {place.folder}" if silent else ""
            said.write(f"o2c is up on http://127.0.0.1:{place.port} (Ctrl-C stops it){missing}\n")
            said.flush()

    server.startup = startup  # type: ignore[method-assign]
    return server


async def _silent_at_last(server: Address, clients: Clients) -> list[str]:
    """Who does not answer after all patience; sooner where all do, or where it shall stop."""
    until = asyncio.get_running_loop().time() + START_SECONDS_MAX
    while (silent := await silent_among(clients)) and not server.should_exit:
        if asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(0.1)
    return silent


def log_to(place: Place, level: str) -> Path:
    """From now on this process logs into a file of the place."""
    place.folder.mkdir(parents=True, exist_ok=True)
    file = place.folder / "o2c.jsonl"
    handler = logging.FileHandler(file)
    handler.setFormatter(logs.Lines("o2c"))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger("o2c").setLevel(level.upper())
    return file
