"""One `o2c up` to a folder: each believes that the log in it is its own, and two would each hear half of it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from .local_postgres import Cluster


class NoHome(Exception):
    """The folder cannot be had: another `o2c up` works in it, and where that listens; or it cannot be written."""


@contextmanager
def sole(home: Path, port: int) -> Iterator[None]:
    """Hold the folder; the operating system lets go of it when this process dies. Raises NoHome."""
    with _opened(home) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoHome(f"another o2c up works in {home}: {lock.read() or 'it is starting'}") from None
        lock.truncate(0)
        lock.write(f"http://127.0.0.1:{port}")
        lock.flush()
        yield


def _opened(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("a+")
    except OSError as error:
        raise NoHome(f"{error.filename}: {error.strerror}") from error
    lock.seek(0)
    return lock


def started_by_up(cluster: Cluster, *, was_running: bool) -> bool:
    """Whether this server is ours to stop: started now, or by an `o2c up` that was killed before it could."""
    known = cluster.folder / "started_by_up"
    server = "\n".join((cluster.data / "postmaster.pid").read_text().splitlines()[:3])
    if not was_running:
        known.write_text(server)
    return known.exists() and known.read_text() == server
