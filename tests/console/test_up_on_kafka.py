"""`o2c up --bus kafka`: each service its own process on a real Kafka, one address before them, Ctrl-C ends all."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from o2c_console.local_server import free_port

from tests.console.conftest import o2c
from tests.console.test_command_line import event, eventually

pytestmark = pytest.mark.slow


def children(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    found = [p for p in psutil.Process(process.pid).children() if "run" in p.cmdline()]
    return {p.cmdline()[2].removeprefix("o2c_"): p for p in found}


@contextmanager
def up(home: Path, kafka: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The platform's address and process; ended with Ctrl-C, which must end it well."""
    home.chmod(0o755)
    port = free_port()
    command = [sys.executable, "-m", "o2c_console", "up", "--bus", "kafka", "--home", str(home), "--port", str(port)]
    environment = {**os.environ, "O2C_KAFKA_SERVERS": kafka}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home, env=environment)
    assert process.stdout is not None
    try:
        assert "o2c is up" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(90)
        process.stdout.close()
    assert code == 0


def publish(url: str, id_: str, type_: str, **data: object) -> None:
    whole = event(id_, type_, **data) | {"source": url}
    assert o2c(url, "events", "publish", "-", said=json.dumps(whole)).returncode == 0


def test_once_it_is_up_every_service_answers_and_a_killed_one_is_named(kafka: str, tmp_path: Path) -> None:
    with up(tmp_path, kafka) as (url, process):
        status = json.loads(o2c(url, "status", "--json").stdout)
        before = httpx.get(f"{url}/health/ready")
        children(process)["billing"].kill()
        after = httpx.get(f"{url}/health/ready")

    assert status["unreachable"] == []
    assert (before.status_code, before.json()) == (200, {"status": "ok", "silent": []})
    assert (after.status_code, after.json()) == (200, {"status": "ok", "silent": ["billing"]})


def test_a_killed_service_comes_back_and_takes_up_what_came_meanwhile(kafka: str, tmp_path: Path) -> None:
    with up(tmp_path, kafka) as (url, process):
        publish(url, "c-1", "CustomerRegistered", name="Quay Ltd", country="DE")
        eventually(url, "events", "show", url, "c-1", shows=r"cash\s+handled")
        before = children(process)

        before["orders"].kill()
        contract = {"contract_id": f"Q-{url[-5:]}", "kind": "spot", "starts_on": "2026-01-01", "terms_days": 30}
        publish(url, "k-1", "ContractProposed", legal_entity="DE01", currency="EUR", **contract)

        eventually(url, "events", "show", url, "k-1", shows="ContractActivated", seconds=120)
        after = children(process)

    assert before.keys() == after.keys() == {"orders", "billing", "cash", "collections", "disputes"}
    assert before["orders"].pid != after["orders"].pid
    assert not any(p.is_running() for p in after.values())
