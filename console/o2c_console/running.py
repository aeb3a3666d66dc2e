"""`o2c up`, `serve` and `topics`: what starts or prepares a platform."""

import asyncio
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from o2c_chassis import logs
from o2c_chassis.auth import NotConfigured
from o2c_chassis.clock import RealClock
from o2c_chassis.service import Service
from o2c_chassis.serving import NotMigrated, address, bus_of, identify_of, rules_of, until_stopped
from o2c_chassis.settings import BadSettings
from o2c_contracts.topics import SERVICES
from o2c_rules.bundles import Store, StoreProblem
from o2c_rules.hot import HotBook

from . import local_kafka
from .asking import AsJson
from .calling import FOUND, Group, put_json, put_table, say, stop
from .desk import client_of, closing, desk_app
from .intake import Intake, released
from .local_postgres import PostgresNotStarted
from .local_server import free_port
from .platform import Place, log_to, up_on_kafka, up_on_loopback
from .rules_desk import RulesDesk
from .settings import NAME, PEOPLE, command_line, console
from .sole import NoHome, sole

topics = Group("Kafka's topics, as deploy/kafka/topics.yaml lists them.")
TOPICS = local_kafka.CHECKOUT / "deploy" / "kafka" / "topics.yaml"
Servers = Annotated[str, typer.Option(help="Kafka's bootstrap servers; empty: O2C_KAFKA_SERVERS, or the local broker")]
Kind = Annotated[str, typer.Option(help="one of the file's replications: single or cluster")]
TopicsFile = Annotated[Path, typer.Argument(metavar="FILE")]


def installed() -> dict[str, Service]:
    """The services of this environment, found by entry point in their own order."""
    found = {e.name: e for e in entry_points(group="o2c.services")}
    return {name: found[name].load() for name in SERVICES if name in found}


def up(
    bus: Annotated[str, typer.Option(help="loopback, or kafka")] = "loopback",
    port: Annotated[int, typer.Option(help="of 127.0.0.1; 0: any free one")] = 8080,
    home: Annotated[Path | None, typer.Option(help="folder of databases, rules and documents")] = None,
) -> None:
    """Start the whole platform on this machine, in real time, until Ctrl-C.

    Examples:
      o2c up
      o2c up --bus kafka      (make kafka first)
      o2c up --port 9000 --home /tmp/o2c
    """
    if bus not in ("loopback", "kafka"):
        stop(f"--bus {bus}: there is loopback and kafka")
    settings = command_line()
    place = Place((home or settings.home).resolve(), port or free_port(), settings.identities or PEOPLE)
    if free_port(place.port, within_seconds=0.5) != place.port:
        stop(f"port {place.port} is taken", "another o2c up? choose one with --port")
    try:
        with sole(place.folder, place.port):
            say.print(f"starting on {bus}; logs go to {log_to(place, settings.log_level)}")
            _up(place, bus)
    except NoHome as error:
        stop(str(error), "choose another folder with --home")
    except (PostgresNotStarted, NotConfigured, NotMigrated, BadSettings, StoreProblem) as error:
        stop(str(error))
    say.print("stopped")


def _up(place: Place, bus: str) -> None:
    if bus == "kafka":
        servers = _servers("")
        asyncio.run(_topics(servers, TOPICS, "single", create=True))
        asyncio.run(up_on_kafka(place, installed(), servers, sys.stdout))
    else:
        asyncio.run(up_on_loopback(place, installed(), sys.stdout))


def serve() -> None:
    """Run the one address by itself, before services that run elsewhere (settings: CONSOLE_...).

    Examples:
      python -m o2c_console serve
    """
    try:
        settings = console()
        logs.configure(settings.log_level, NAME)
        asyncio.run(_serve())
    except (NotConfigured, BadSettings) as error:
        stop(str(error), "docs/operators.md lists the settings")


async def _serve() -> None:
    settings = console()
    identify = identify_of(settings)
    bus = await bus_of(settings)
    try:
        async with closing({name: client_of(url) for name, url in settings.addresses.items()}) as clients:
            store = rules_of(settings.rules_store_url, settings.rules_store_token)
            intake = Intake(bus, RealClock(), settings.world, released(HotBook(store), RealClock()))
            kept = RulesDesk(store, RealClock()) if settings.rules_store_url and isinstance(store, Store) else None
            app = desk_app(intake, identify, clients, kept)
            await until_stopped(address(app, settings), [])
    finally:
        await bus.close()


@topics.named("apply")
def topics_apply(
    file: TopicsFile = TOPICS, replication: Kind = "single", servers: Servers = "", json: AsJson = False
) -> None:
    """Create the topics that are missing; what differs is reported and never changed. Exit code 1 where any differs.

    Examples:
      o2c topics apply
      o2c topics apply --replication cluster --servers kafka-1:9092,kafka-2:9092
    """
    _show(_applied(servers, file, replication, create=True), json)


@topics.named("show")
def topics_show(
    file: TopicsFile = TOPICS, replication: Kind = "single", servers: Servers = "", json: AsJson = False
) -> None:
    """Compare the topics with the file; change nothing. Exit code 1 where any differs or is missing.

    Examples:
      o2c topics show --json
    """
    _show(_applied(servers, file, replication, create=False), json)


Applied = tuple[list[str], list[tuple[str, str, str, str]], list[str]]
"""Created, what differs (topic, what, wanted, found), unchanged."""


def _applied(servers: str, file: Path, replication: str, *, create: bool) -> Applied:
    try:
        return asyncio.run(_topics(_servers(servers), file, replication, create=create))
    except OSError as error:
        stop(f"{file}: {error.strerror}", "the file that ships is deploy/kafka/topics.yaml")
    except KeyError as error:
        stop(f"{file} lacks {error}", "it has the replications single and cluster")


async def _topics(servers: str, file: Path, replication: str, *, create: bool) -> Applied:
    from o2c_chassis.kafka import apply_topics, security_of, specified  # noqa: PLC0415 - an embedded run needs no Kafka client

    wanted = specified(file, replication)
    try:
        security = security_of(command_line())
    except BadSettings as error:
        stop(str(error))
    try:
        done = await apply_topics(servers, wanted, create=create, security=security)
    except Exception as error:  # noqa: BLE001 - whatever the client raises, the broker could not be asked
        stop(f"{servers}: {error}", "make kafka starts a local broker")
    return list(done.created), [(d.topic, d.what, d.wanted, d.found) for d in done.differs], list(done.unchanged)


def _show(done: Applied, json: bool) -> None:
    created, differs, unchanged = done
    if json:
        keys = ("topic", "what", "wanted", "found")
        put_json(
            {"created": created, "differs": [dict(zip(keys, d, strict=True)) for d in differs], "unchanged": unchanged}
        )
    else:
        put_table(("topic", "what", "wanted", "found"), differs) if differs else None
        say.print(f"{len(created)} created, {len(differs)} differ, {len(unchanged)} as they should be")
    raise typer.Exit(FOUND if differs else 0)


def _servers(given: str) -> str:
    settings = command_line()
    if given or settings.kafka_servers:
        return given or settings.kafka_servers
    broker = local_kafka.find()
    if broker is None:
        stop("no Kafka is known", "make kafka starts a local one; or set O2C_KAFKA_SERVERS")
    return broker.servers
