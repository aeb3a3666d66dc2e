"""The integrators' guide is true: its commands run, in their order, against the platform as `o2c up` starts it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.console.conftest import o2c

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_guide_from_order_to_cleared_invoice(platform: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "integrators.md").read_text(), re.MULTILINE | re.DOTALL)
    script = "set -euo pipefail\n" + "\n".join(blocks)

    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "O2C_URL": platform},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"invoice DE01-INV-\d{4}-000001", done.stdout)
    story = re.findall(r"^(\w+) ([A-Z]\w+) (\S+)$", done.stdout, re.MULTILINE)
    told = [(service, type_) for service, type_, _ in story]
    for step in (
        ("orders", "OrderAccepted"),
        ("billing", "InvoiceIssued"),
        ("cash", "PaymentApplied"),
        ("cash", "InvoiceCleared"),
    ):
        assert step in told
    assert told.index(("billing", "InvoiceIssued")) < told.index(("cash", "InvoiceCleared"))
    assert '"code":"bad-content"' in done.stdout


@pytest.mark.slow
def test_the_command_line_tells_the_same_story_and_everything_adds_up(platform: str) -> None:
    status = o2c(platform, "status")
    customer = o2c(platform, "customer", "harbour")
    verify = o2c(platform, "verify")
    decision = re.findall(r"OrderAccepted .* (\S+)$", customer.stdout, re.MULTILINE)[0]
    explained = o2c(platform, "rules", "explain", decision)
    unknown = o2c(platform, "customer", "nobody")

    assert status.returncode == 1, "the end of the contract waits for somebody to agree"
    assert re.search(r"^service .* approvals ", status.stdout)
    assert "InvoiceCleared" in customer.stdout
    assert verify.returncode == 0, verify.stdout + verify.stderr
    assert "decision-chains" in verify.stdout
    assert explained.returncode == 0
    assert "facts:" in explained.stdout
    assert unknown.returncode == 1
