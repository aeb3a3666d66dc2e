"""`o2c replay` and `o2c demo` as people call them: what they print, what they write, how they end."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RECEIVABLES = """\
customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate
early,101,1/2/2012,2/1/2012,100.00,No,1/12/2012
late,102,1/2/2012,2/1/2012,250.50,No,2/13/2012
angry,103,1/3/2012,2/2/2012,70.25,Yes,2/20/2012
"""
KEYS = {
    "orders", "invoices", "invoiced_minor", "payments", "received_minor", "applied_minor", "unapplied_minor",
    "cleared_invoices", "disputes", "notices", "items_reached_level", "events", "parked", "seconds", "identities",
}  # fmt: skip


def o2c(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "o2c_console", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """PostgreSQL under its own user must be able to enter."""
    for place in (tmp_path, *tmp_path.parents[:2]):
        place.chmod(0o755)
    return tmp_path


def test_a_replay_prints_one_object_and_writes_which_payment_paid_which_invoice(folder: Path) -> None:
    (folder / "file.csv").write_text(RECEIVABLES)

    done = o2c(folder, "replay", "file.csv", "--json", "--allocations", "pairs.csv")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == KEYS
    assert (found["orders"], found["cleared_invoices"], found["disputes"], found["parked"]) == (3, 3, 1, 0)
    assert found["invoiced_minor"] == found["applied_minor"] == {"USD": 420_75}
    assert found["items_reached_level"] == {"1": 2, "2": 2}
    assert all(found["identities"].values())
    with (folder / "pairs.csv").open() as file:
        pairs = list(csv.DictReader(file))
    assert list(pairs[0]) == ["payment_id", "invoice_number", "amount_minor"]
    assert {(p["invoice_number"], p["amount_minor"]) for p in pairs} == {
        ("101", "10000"),
        ("102", "25050"),
        ("103", "7025"),
    }


def test_a_file_that_cannot_be_replayed_ends_with_2_and_a_hint(folder: Path) -> None:
    (folder / "file.csv").write_text(RECEIVABLES.replace("250.50", "much"))

    done = o2c(folder, "replay", "file.csv")

    assert done.returncode == 2
    assert "hint: the columns are customerID" in done.stderr
    assert done.stdout == ""


def test_a_demo_adds_up_and_can_be_looked_back_at(folder: Path) -> None:
    played = o2c(folder, "demo", "--months", "1", "--json")
    found = json.loads(played.stdout)
    story = o2c(folder, "demo", "--customer", "C01")
    nobody = o2c(folder, "demo", "--customer", "nobody")

    assert played.returncode == 0, played.stderr
    assert found["invoices"] > 0
    assert found["parked"] == 0
    assert all(found["identities"].values())
    assert story.returncode == 0, story.stderr
    assert "OrderAccepted" in story.stdout
    assert nobody.returncode == 1
