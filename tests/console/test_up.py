"""`o2c up` on a folder: one at a time, and what it started ends with it, though the one before was killed."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from o2c_console import local_postgres
from o2c_console.local_server import free_port

from tests.console.conftest import O2C, in_a_shell

pytestmark = pytest.mark.slow


@contextmanager
def up(home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Its address and its process; ended with Ctrl-C unless the test has ended it."""
    port = free_port()
    command = [*O2C, "up", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home.parent)
    assert process.stdout is not None
    try:
        assert "o2c is up" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        process.stdout.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o755)
    yield tmp_path / "home"
    local_postgres.stop(tmp_path / "home" / "postgres", mode="immediate")


def runs(home: Path) -> bool:
    return local_postgres.find(home / "postgres") is not None


def test_a_second_one_on_the_same_folder_ends_with_2_and_names_the_first(home: Path) -> None:
    with up(home) as (url, first):
        second = in_a_shell(home, f"o2c up --home {home} --port {free_port()}")
        alive = first.poll() is None

    assert (second.returncode, second.stdout) == (2, "")
    assert f"another o2c up works in {home}: {url}" in second.stderr
    assert "hint: choose another folder with --home" in second.stderr
    assert (alive, first.returncode, runs(home)) == (True, 0, False)


def test_after_a_kill_the_next_one_starts_and_leaves_no_database_behind(home: Path) -> None:
    with up(home) as (_, killed):
        killed.kill()
        killed.wait()
    left = runs(home)

    with up(home) as (_, next_one):
        pass

    assert left
    assert (next_one.returncode, runs(home)) == (0, False)


def test_a_database_that_a_person_had_started_is_left_running(home: Path) -> None:
    local_postgres.start(home / "postgres")

    with up(home) as (_, process):
        pass

    assert (process.returncode, runs(home)) == (0, True)


def test_a_folder_that_cannot_be_had_ends_with_2_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    done = in_a_shell(tmp_path, f"o2c up --home {tmp_path / 'file'} --port {free_port()}")

    assert done.returncode == 2
    assert f"{tmp_path / 'file'}: File exists" in done.stderr
    assert "--home" in done.stderr
