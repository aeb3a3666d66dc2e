"""What the local PostgreSQL and the local Kafka both need of the machine: a port and a folder to themselves."""

import contextlib
import fcntl
import socket
import time
from collections.abc import Iterator
from pathlib import Path


def free_port(wanted: int = 0, *, within_seconds: float = 3) -> int:
    """The wanted port of 127.0.0.1 if it gets free in time (a killed server's may take a moment), else any other."""
    until = time.monotonic() + within_seconds
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                if time.monotonic() < until:
                    time.sleep(0.05)
                    continue
                probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process works in the folder; the operating system gives the lock back if this one dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
