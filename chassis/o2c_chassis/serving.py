"""From settings to a running service behind its address, until it is told to stop or cannot go on."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from o2c_rules.bundles import Source, Store, seed
from o2c_rules.hot import HotBook
from o2c_rules.rulebook import RuleBook
from pydantic import SecretStr
from starlette.types import ASGIApp

from .auth import Identify, LocalPeople, NotConfigured, local_address, people_of
from .bus import Bus
from .clock import RealClock
from .database import Database
from .deliveries import Port
from .health import Patience
from .http import service_app
from .loopback import Loopback, LoopbackReader
from .memory import settle_down
from .ports import Folder, Nowhere, Smtp
from .quarantine import Bounds
from .rules_in_force import RulesInForce
from .rules_over_http import RulesOverHttp
from .running import Running, Surroundings
from .service import Service
from .settings import Auth, BadSettings, BusSettings, Settings
from .tokens import Demands, KeyAddress, KeyFile, Tokens

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""From when the shipped books hold where no store says anything else."""


class NotMigrated(Exception):
    """The database lacks tables that this release needs."""


def identify_of(settings: Auth) -> Identify:
    """Tokens of the issuer, or this machine's people; NotConfigured where neither may be."""
    if settings.oidc_issuer:
        demands = Demands(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_roles_claim,
            settings.oidc_actor_claim,
            settings.oidc_algorithms,
        )
        keys = settings.oidc_keys
        if keys and "://" not in keys:
            return Tokens(demands, KeyFile(Path(keys)))
        return Tokens(demands, KeyAddress(settings.oidc_issuer, keys))
    if not local_address(settings.http_host):
        raise NotConfigured(
            f"listening on {settings.http_host} takes verified tokens: set O2C_OIDC_ISSUER and O2C_OIDC_AUDIENCE"
        )
    if settings.identities is None:
        raise NotConfigured("nobody can be known: set O2C_OIDC_ISSUER, or O2C_IDENTITIES to a local identity file")
    return LocalPeople(people_of(settings.identities))


def port_of(settings: Settings) -> Port:
    """The way out; a simulated world has none."""
    if settings.delivery == "none" or settings.world != "live":
        return Nowhere()
    if settings.delivery == "folder":
        return Folder(settings.delivery_folder)
    if not settings.smtp_sender:
        raise BadSettings("delivery by smtp needs an address to send from: SMTP_SENDER")
    return Smtp(settings.smtp_host, settings.smtp_port, settings.smtp_sender, start_tls=settings.smtp_start_tls)


def rules_of(store_url: str, token: SecretStr | None = None) -> Source:
    """The store of rules, in a folder or behind a console, or a fresh one with the books of this release."""
    address = store_url.removeprefix("file://")
    if address.startswith(("http://", "https://")):
        return RulesOverHttp(address, token.get_secret_value() if token else "")
    if "://" in address:
        raise BadSettings(f"RULES_STORE_URL: {address} is neither a folder nor an http address")
    return Store(Path(address)) if address else seed(Path(tempfile.mkdtemp(prefix="o2c-rules-")), _ALWAYS)


def patience_of(settings: Settings) -> Patience:
    return Patience(settings.stalled_seconds_max, settings.outbox_age_seconds_max, settings.rules_unread_seconds_max)


async def bus_of(settings: BusSettings) -> Bus:
    if settings.bus == "loopback":
        if settings.log_url is None:
            raise BadSettings("the loopback bus needs its database: O2C_LOG_URL")
        log = await Database(settings.log_url.get_secret_value(), most=3).open()
        return await Loopback(log, exclusive=False).open()
    from .kafka import Kafka, security_of  # noqa: PLC0415 - an embedded run needs no Kafka client

    return Kafka(settings.kafka_servers, security_of(settings))


@asynccontextmanager
async def started(service: Service, settings: Settings, bus: Bus) -> AsyncIterator[Running]:
    """A service ready to run. NotMigrated where its tables are missing; NothingInForce without rules."""
    url = settings.database_url.get_secret_value()
    database = await Database(url, most=settings.database_connections_max).open()
    try:
        if not await database.fetch("select 1 from pg_tables where tablename = 'activations'"):
            raise NotMigrated(f"the database of {service.name} is not migrated: python -m o2c_{service.name} migrate")
        hot = HotBook(rules_of(settings.rules_store_url, settings.rules_store_token), needs=RuleBook.shipped())
        clock = RealClock()
        rules = RulesInForce(service.name, database, hot, clock, settings.world)
        await rules.refresh()
        running = Running(service, Surroundings(database, bus, rules, clock, port_of(settings), settings.world))
        running.path.quarantine.bounds = Bounds(
            settings.parked_customers_min, settings.parked_share_max, timedelta(minutes=settings.parked_window_minutes)
        )
        if isinstance(running.reader, LoopbackReader):
            running.reader.most = settings.slice_records_max
        yield running
    finally:
        await database.close()


async def serve(service: Service, settings: Settings) -> None:
    """Until a signal; raises what the service could not get over."""
    identify = identify_of(settings)
    bus = await bus_of(settings)
    try:
        async with started(service, settings, bus) as running:
            app = service_app(running, identify, patience_of(settings))
            await until_stopped(address(app, settings), [running])
    finally:
        await bus.close()


class Address(uvicorn.Server):
    """An HTTP server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def address(app: ASGIApp, settings: Auth) -> Address:
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    return Address(config)


async def until_stopped(server: Address, services: list[Running]) -> None:
    """Serve and run until SIGINT or SIGTERM, or until one of them ends; then everything stops in order."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    settle_down()
    waiting: list[Awaitable[object]] = [server.serve(), *(s.run() for s in services)]
    tasks = [asyncio.ensure_future(each) for each in waiting]
    watch = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([watch, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        watch.cancel()
        server.should_exit = True
        await asyncio.gather(*(s.stop() for s in services))
        await asyncio.gather(*tasks, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    for task in tasks:
        task.result()
