"""The servers tests may ask for: a quick PostgreSQL and a real Kafka shared by the session, and servers to kill."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from o2c_console import local_kafka, local_postgres
from o2c_console.local_kafka import Broker, KafkaNotStarted
from o2c_console.local_postgres import Cluster

PREFIX = "o2c-tests-"
MEMORY_ENOUGH_BYTES = 4 * 1024**3
RIG = pytest.StashKey[Path]()
QUICK = {"shared_buffers": "64MB", "scram_iterations": "1", "autovacuum_naptime": "10min"}


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        config.stash[RIG] = Path(worker["rig"])
        return
    _sweep_after_killed_sessions()
    config.stash[RIG] = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_places()[0]))
    config.stash[RIG].chmod(0o711)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["rig"] = str(node.config.stash[RIG])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RIG in config.stash:
        _clear(config.stash[RIG])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if {"kafka", "own_kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("kafka")
    if "prove" not in config.getoption("markexpr"):
        long_forms = [item for item in items if item.get_closest_marker("prove")]
        items[:] = [item for item in items if not item.get_closest_marker("prove")]
        config.hook.pytest_deselected(items=long_forms)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Cluster:
    """The session's PostgreSQL: quick, forgets everything on a crash, stopped with the session."""
    return local_postgres.start(pytestconfig.stash[RIG] / "postgres", durable=False, settings=QUICK)


@pytest.fixture
def database(postgres: Cluster) -> Iterator[Callable[..., str]]:
    """A factory of empty databases for one test: `url = database()`, or a copy: `database(template=url)`."""
    with _databases(postgres) as create:
        yield create


@pytest.fixture(scope="module")
def module_database(postgres: Cluster) -> Iterator[Callable[..., str]]:
    """The same for fixtures that live as long as a module."""
    with _databases(postgres) as create:
        yield create


@pytest.fixture
def own_postgres(request: pytest.FixtureRequest) -> Iterator[Callable[..., Cluster]]:
    """A factory of durable servers for a test that kills them: `own_postgres()`; the same name finds it again."""
    started: list[Path] = []

    def start(name: str = "0", *, durable: bool = True) -> Cluster:
        started.append(_own_folder(request, "postgres") / name)
        return local_postgres.start(started[-1], durable=durable, settings={"shared_buffers": "64MB"})

    yield start
    for folder in started:
        local_postgres.stop(folder, mode="immediate")


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[str]:
    """Bootstrap servers of a real Kafka: KAFKA_SERVERS, else a container, else the local broker, else skip or fail."""
    given = os.environ.get("KAFKA_SERVERS")
    if given:
        yield given
    elif _container_engine_runs():
        with _kafka_in_a_container() as servers:
            yield servers
    else:
        yield _local_broker(pytestconfig.stash[RIG] / "kafka").servers


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest) -> Iterator[Callable[..., Broker]]:
    """A factory of local brokers for a test that kills them: `own_kafka()`; the same name starts it again."""
    started: list[Path] = []

    def start(name: str = "0", *, more: str = "") -> Broker:
        started.append(_own_folder(request, "kafka") / name)
        return _local_broker(started[-1], more)

    yield start
    for folder in started:
        local_kafka.stop(folder, within_seconds=0)


def _own_folder(request: pytest.FixtureRequest, kind: str) -> Path:
    test = re.sub(r"\W+", "-", request.node.nodeid)[-60:]
    return request.config.stash[RIG] / f"own-{kind}" / test


@contextlib.contextmanager
def _databases(cluster: Cluster) -> Iterator[Callable[..., str]]:
    made: list[str] = []
    local_postgres.ensure_role(cluster, "tester")

    def create(*, template: str = "template1") -> str:
        name = f"t_{os.urandom(6).hex()}"
        made.append(name)
        source = template.rpartition("/")[2]
        local_postgres.psql(cluster, f"CREATE DATABASE {name} OWNER tester TEMPLATE {source} STRATEGY file_copy")
        return cluster.url("tester", name)

    try:
        yield create
    finally:
        local_postgres.psql(cluster, "".join(f"DROP DATABASE {name} WITH (FORCE);\n" for name in made))


def _local_broker(folder: Path, more: str = "") -> Broker:
    try:
        return local_kafka.start(folder, quick=True, more=more)
    except KafkaNotStarted as failure:
        if os.environ.get("REQUIRE_KAFKA") == "1" or not local_kafka.missing():
            raise
        pytest.skip(str(failure))


def _container_engine_runs() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "info"], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10)
    return asked.returncode == 0


@contextlib.contextmanager
def _kafka_in_a_container() -> Iterator[str]:
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415  (a third of a second nobody else needs)

    container = KafkaContainer().with_kraft()
    container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    container.with_env("KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE", "LogAppendTime")
    with container:
        yield container.get_bootstrap_server()


def _places() -> list[Path]:
    """Where the servers may keep their files, best first: a new database takes 15 ms in memory, 300 on disk."""
    memory, disk = Path("/dev/shm"), Path(tempfile.gettempdir())
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= MEMORY_ENOUGH_BYTES
    return [memory, disk] if roomy else [disk, memory]


def _sweep_after_killed_sessions() -> None:
    """A session that was killed leaves its servers running; the next one ends them, so that they never pile up."""
    for folder in (found for place in _places() for found in place.glob(f"{PREFIX}*")):
        session = int(folder.name.removeprefix(PREFIX).partition("-")[0])
        if not psutil.pid_exists(session):
            _clear(folder)


def _clear(rig: Path) -> None:
    for folder in (rig / "postgres", *rig.glob("own-postgres/*/*")):
        with contextlib.suppress(subprocess.CalledProcessError):
            local_postgres.stop(folder, mode="immediate")
    for folder in (rig / "kafka", *rig.glob("own-kafka/*/*")):
        local_kafka.stop(folder, within_seconds=5)
    shutil.rmtree(rig, ignore_errors=True)
