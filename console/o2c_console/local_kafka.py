"""A real Apache Kafka of one node on the local JVM, its jars fetched through Maven; never a production's broker.

`python -m o2c_console.local_kafka start|stop|status` from a checkout, with Java 17 and Maven.
"""

import argparse
import base64
import json
import shutil
import socket
import string
import struct
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import psutil

from o2c_console.local_server import alone_in, free_port

CHECKOUT = Path(__file__).resolve().parents[2]
RECIPE = CHECKOUT / "deploy" / "kafka"
HOME = CHECKOUT / ".local" / "kafka"
JARS = CHECKOUT / ".local" / "kafka-jars"
PORT = 9092
READY_WITHIN_SECONDS = 60

JAVA = ["java", "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData"]
QUICK_TO_START = "-XX:TieredStopAtLevel=1"  # saves a second at the start and costs throughput later


class KafkaNotStarted(RuntimeError):
    """No broker came up; the message says what is missing or carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker: where its files lie, its process and its port."""

    folder: Path
    pid: int
    port: int

    @property
    def servers(self) -> str:
        """The bootstrap address."""
        return f"127.0.0.1:{self.port}"


def missing() -> list[str]:
    """The programs this needs and the machine does not have."""
    return [program for program in ("java", "mvn") if shutil.which(program) is None]


def demand_programs() -> None:
    """Raises KafkaNotStarted where the machine cannot run a broker."""
    if lacking := missing():
        raise KafkaNotStarted(f"a local Kafka needs Java 17 and Maven; not found: {', '.join(lacking)}")


def fetch(jars: Path = JARS) -> Path:
    """Put Kafka's jars into `jars`, once per content of deploy/kafka/pom.xml. Raises KafkaNotStarted."""
    recipe = RECIPE / "pom.xml"
    stamp = jars / "pom.xml"
    with alone_in(jars):
        if stamp.exists() and stamp.read_bytes() == recipe.read_bytes():
            return jars
        for old in jars.glob("*.jar"):
            old.unlink()
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        _run(["mvn", "-q", "-B", "-C", "-f", str(recipe), *copy], "Maven could not fetch Kafka's jars")
        stamp.write_bytes(recipe.read_bytes())
    return jars


def start(
    folder: Path = HOME, *, port: int | None = None, quick: bool = False, jars: Path = JARS, more: str = ""
) -> Broker:
    """Start the broker whose log lies in `folder`, or return the one that runs there.

    A folder keeps its port where it is still free; a new one gets `port`, or any. `more`: lines behind those of
    server.properties, where the last word on a setting counts. Raises KafkaNotStarted.
    """
    demand_programs()
    folder = folder.expanduser().resolve()
    fetch(jars)
    with alone_in(folder):
        running = find(folder)
        if running is not None:
            return running
        java = [*JAVA, *([QUICK_TO_START] if quick else []), f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.xml'}"]
        port = free_port(port or _last_port(folder))
        _write_properties(folder, port, more)
        _format(folder, [*java, "-cp", f"{jars}/*"])
        return _launch(folder, port, [*java, "-cp", f"{jars}/*"])


def find(folder: Path = HOME) -> Broker | None:
    """The broker running in `folder`, or None; a file that a killed broker left behind does not deceive it."""
    folder = folder.expanduser().resolve()
    try:
        started = json.loads((folder / "started.json").read_text())
        process = psutil.Process(started["pid"])
        ours = process.status() != psutil.STATUS_ZOMBIE and str(_properties(folder)) in process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return Broker(folder, started["pid"], started["port"]) if ours else None


def stop(folder: Path = HOME, *, within_seconds: float = 20) -> None:
    """Stop the broker in `folder`, if one runs there; one that does not go in time is killed."""
    broker = find(folder)
    if broker is None:
        return
    process = psutil.Process(broker.pid)
    process.terminate()
    if psutil.wait_procs([process], timeout=within_seconds)[1]:
        process.kill()


def main(arguments: list[str] | None = None) -> int:
    """Start, stop or show the checkout's own broker."""
    parser = argparse.ArgumentParser(prog="local_kafka", description=main.__doc__)
    parser.add_argument("action", choices=["start", "stop", "status"])
    action = parser.parse_args(arguments).action
    try:
        broker = start(port=PORT) if action == "start" else find()
    except KafkaNotStarted as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    if action == "stop":
        stop()
        broker = None
    sys.stdout.write(
        f"Kafka listens on {broker.servers} (process {broker.pid})\n" if broker else "Kafka is not running\n"
    )
    return 0 if broker or action == "stop" else 3


def _properties(folder: Path) -> Path:
    return folder / "server.properties"


def _write_properties(folder: Path, port: int, more: str) -> None:
    template = string.Template((RECIPE / "server.properties").read_text() + more)
    filled = template.substitute(port=port, controller_port=free_port(), logs=folder / "logs")
    _properties(folder).write_text(filled)


def _format(folder: Path, java: list[str]) -> None:
    if (folder / "logs" / "meta.properties").exists():
        return
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--ignore-formatted"]
    _run([*java, *tool, f"--config={_properties(folder)}"], f"Kafka could not format {folder}")


def _launch(folder: Path, port: int, java: list[str]) -> Broker:
    """Start the broker as nobody's child: it outlives this process, and no test is warned of a child left running."""
    log = folder / "server.log"
    detached = ["sh", "-c", '"$@" >>"$0" 2>&1 </dev/null & echo $!', str(log)]
    command = [*detached, *java, "kafka.Kafka", str(_properties(folder))]
    shell = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=folder, start_new_session=True)
    pid = int(shell.stdout)
    (folder / "started.json").write_text(json.dumps({"pid": pid, "port": port}))
    until = time.monotonic() + READY_WITHIN_SECONDS
    while not _answers(port):
        if not psutil.pid_exists(pid) or time.monotonic() > until:
            stop(folder, within_seconds=1)
            raise KafkaNotStarted(f"Kafka did not start in {folder}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)
    return Broker(folder, pid, port)


def _answers(port: int) -> bool:
    """Whether the broker answers ApiVersions (key 18, version 0): it opens its port before it serves."""
    question = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def _last_port(folder: Path) -> int:
    path = folder / "started.json"
    return int(json.loads(path.read_text())["port"]) if path.exists() else 0


def _run(command: list[str], complaint: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KafkaNotStarted(f"{complaint}:\n{(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
