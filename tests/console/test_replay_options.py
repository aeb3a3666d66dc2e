"""What `o2c replay` does by each of its options, typed as people type them."""

import csv
import json
import os
import re
import sys
from pathlib import Path

import pytest
from o2c_console import local_kafka
from o2c_contracts.topics import SERVICES, topic

from tests.console.conftest import RECEIVABLES, Kept, in_a_shell, kept_by
from tests.console.test_simulated_time import KEYS

pytestmark = pytest.mark.slow

RIGHT = {
    ("P-2012-01-12-early", "101", "10000"),
    ("P-2012-02-13-late", "102", "25050"),
    ("P-2012-02-20-angry", "103", "7025"),
    ("P-2012-01-20-twin", "104", "4000"),
    ("P-2012-01-25-twin", "105", "4000"),
    ("P-2012-01-20-sums", "106", "1000"),
    ("P-2012-01-20-sums", "107", "2000"),
    ("P-2012-02-10-sums", "108", "3000"),
}
"""Which payment settled which invoice, by the file itself."""
CLEAR = {pair for pair in RIGHT if not pair[0].endswith(("twin", "sums"))}
"""Those that can be told from the amount alone."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file.csv").write_text(RECEIVABLES)
    return tmp_path


def pairs_in(file: Path) -> set[tuple[str, str, str]]:
    with file.open(newline="") as opened:
        return {(p["payment_id"], p["invoice_number"], p["amount_minor"]) for p in csv.DictReader(opened)}


def test_what_is_kept_answers_every_command_that_was_named(kept: Kept) -> None:
    history = in_a_shell(kept.place, kept.ways["is its history whole"])
    usage = in_a_shell(kept.place, f"{kept.ways['which rules decided']} --json")
    recorded = {name: int(kept.rows(name, "select count(*) from decisions")) for name in SERVICES}

    assert list(kept.ways) == [
        "is its history whole", "which rules decided", *(f"the rows of {s}" for s in SERVICES), "done with it",
    ]  # fmt: skip
    assert history.returncode == 0, history.stderr
    assert dict(re.findall(r"^(\w+) +\d+ +(\d+) +\d+ +verifies$", history.stdout, re.MULTILINE)) == {
        name: str(n) for name, n in recorded.items()
    }
    assert usage.returncode == 0, usage.stderr
    decided = {table["table"]: table["decisions"] for table in json.loads(usage.stdout)["tables"]}
    assert sum(decided.values()) == sum(recorded.values())
    assert all(f"replay_{name} " in f"{kept.ways[f'the rows of {name}']} " for name in SERVICES)


def test_what_is_kept_are_the_rows_that_the_replay_summed_up(kept: Kept) -> None:
    found = json.loads(kept.done.stdout)

    owed = int(kept.rows("cash", "select sum(open_minor) from open_items"))
    parked = sum(int(kept.rows(name, "select count(*) from parked")) for name in SERVICES)

    assert owed == found["invoiced_minor"]["USD"] - found["applied_minor"]["USD"] > 0
    assert parked == found["parked"] == 0


def test_a_way_back_into_a_database_that_is_not_there_ends_with_2(kept: Kept) -> None:
    command = kept.ways["the rows of cash"].replace("replay_cash", "replay_petty_cash")

    asked = in_a_shell(kept.place, command, "select 1;\n")
    wrong = in_a_shell(kept.place, kept.ways["the rows of cash"], "select nothing from nowhere;\n")

    assert (asked.returncode, asked.stdout) == (2, "")
    assert "knows no database replay_petty_cash" in asked.stderr
    assert wrong.returncode == 3


def test_without_remittance_no_payment_says_what_it_pays_and_none_pays_a_wrong_invoice(kept: Kept) -> None:
    found, pairs = json.loads(kept.done.stdout), pairs_in(kept.place / "pairs.csv")

    of_type = "select convert_from(value, 'UTF8') from log where position('{}'::bytea in headers) > 0"
    payments = [json.loads(line) for line in kept.rows("log", of_type.format("PaymentReceived")).splitlines()]
    advices = kept.rows("log", of_type.format("RemittanceAdvised"))

    assert kept.done.returncode == 0, kept.done.stderr
    assert set(found) == KEYS
    assert len(payments) == found["payments"] == 7
    assert [p for p in payments if p.get("reference")] == []
    assert advices == ""
    assert pairs == CLEAR
    assert found["applied_minor"] == {"USD": sum(int(amount) for *_, amount in CLEAR)}
    assert found["unapplied_minor"] == {"USD": sum(int(amount) for *_, amount in RIGHT - CLEAR)}
    assert all(found["identities"].values())


def test_with_remittance_the_same_money_finds_every_invoice_and_people_can_read_it(folder: Path) -> None:
    done = in_a_shell(folder, "o2c replay file.csv --allocations pairs.csv", FORCE_COLOR="1", COLUMNS="100")

    said = dict(re.findall(r"^(\S.*?) {2,}(\S.*?) *$", done.stdout, re.MULTILINE))
    assert done.returncode == 0, done.stderr
    assert pairs_in(folder / "pairs.csv") == RIGHT
    assert (said["invoiced"], said["received"], said["applied"]) == ("560.75 USD",) * 3
    assert (said["orders"], said["cleared invoices"], said["parked"]) == ("8", "8", "0")
    assert said["items reached"] == "3 level 1, 2 level 2"
    assert re.fullmatch(r"(\d+) of \1 hold", said["identities"])
    assert "replaying 8 receivables" in done.stderr, "progress, where a person watches"
    assert "kept" not in done.stderr


@pytest.fixture
def java_and_maven() -> None:
    """The replay's own broker needs them; a machine without skips as the other tests on Kafka do."""
    if (lacking := local_kafka.missing()) and os.environ.get("REQUIRE_KAFKA") != "1":
        pytest.skip(f"not found: {', '.join(lacking)}")


@pytest.mark.kafka
@pytest.mark.usefixtures("java_and_maven")
def test_a_replay_on_kafka_says_allocates_and_keeps_the_same(tmp_path: Path, kept: Kept) -> None:
    command = "o2c replay file.csv --bus kafka --keep --without-remittance --json --allocations pairs.csv"

    with kept_by(tmp_path, command, FORCE_COLOR="1", COLUMNS="100", TMPDIR=str(tmp_path)) as here:
        records = {path.parent.name[:-2] for path in here.folder.glob("kafka/logs/*/*.log") if path.stat().st_size}
        still_running = local_kafka.find(here.folder / "kafka")
        logged = here.rows("log", "select count(*) from pg_tables where tablename = 'log'")
        found, on_loopback = json.loads(here.done.stdout), json.loads(kept.done.stdout)
        decisions = {name: here.rows(name, "select count(*) from decisions") for name in SERVICES}

    assert here.done.returncode == 0, here.done.stderr
    assert here.done.stdout.count("\n") == 1
    assert set(found) == KEYS
    assert {**found, "seconds": None} == {**on_loopback, "seconds": None}
    assert pairs_in(tmp_path / "pairs.csv") == CLEAR
    assert decisions == {name: kept.rows(name, "select count(*) from decisions") for name in SERVICES}
    assert {topic(name) for name in SERVICES} <= records, "what was told stands on Kafka's topics"
    assert (logged, still_running) == ("0", None)
    assert "replaying 8 receivables" in here.done.stderr
    assert "Traceback" not in here.done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("file.csv --bus rabbit", "hint: --bus loopback or --bus kafka"),
        ("nowhere.csv", "hint: the columns are customerID, invoiceNumber, InvoiceDate, DueDate, InvoiceAmount"),
        ("file.csv --allocations .", "hint: name a file that can be written with --allocations"),
        ("file.csv --without-remitance", "Possible options: --without-remittance)"),
    ],
)
def test_what_cannot_be_replayed_so_ends_with_2_before_anything_runs(folder: Path, arguments: str, says: str) -> None:
    done = in_a_shell(folder, f"o2c replay {arguments}", TMPDIR=str(folder))

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert [p.name for p in folder.iterdir()] == ["file.csv"]


def test_without_java_a_replay_on_kafka_says_what_is_missing_and_keeps_nothing(folder: Path) -> None:
    o2c = Path(sys.executable).with_name("o2c")

    done = in_a_shell(folder, f"PATH=/nowhere {o2c} replay file.csv --bus kafka --keep --json", TMPDIR=str(folder))

    assert (done.returncode, done.stdout) == (2, "")
    assert "needs Java 17 and Maven; not found: java, mvn" in done.stderr
    assert "hint: without --bus kafka" in done.stderr
    assert "kept" not in done.stderr
    assert [p.name for p in folder.iterdir()] == ["file.csv"]
