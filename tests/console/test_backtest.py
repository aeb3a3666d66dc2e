"""`o2c decisions` and `o2c rules backtest` as people call them: on a platform that runs, and over a demo."""

import json
import shutil
from pathlib import Path

import pytest
from o2c_rules.rulebook import BOOKS

from tests.console import test_simulated_time as processes
from tests.console.conftest import Said
from tests.console.conftest import o2c as on_platform
from tests.console.test_command_line import event, eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample company's first months were played."""
    folder = tmp_path_factory.mktemp("played")
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    done = processes.o2c(folder, "demo", "--months", "3", "--json")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def _there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "played" in request.fixturenames:
        monkeypatch.chdir(request.getfixturevalue("played"))


def o2c(*arguments: str) -> Said:
    """Where the demo was played; nothing listens there."""
    return on_platform("http://127.0.0.1:9", *arguments)


@pytest.mark.usefixtures("played")
def test_the_shipped_books_change_nothing_of_what_they_decided() -> None:
    done = o2c("rules", "backtest", "shipped", "--rules", "shipped", "--everything", "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, found["changed"]) == (0, 0), done.stderr
    assert found["decisions"] > 500
    assert sum(table["same"] for table in found["tables"]) == found["decisions"]
    assert not any(table["same_outcome_by_another_row"] or table["untried"] for table in found["tables"])


def test_a_stricter_credit_table_says_whom_it_would_have_held(played: Path) -> None:
    text = (BOOKS / "orders" / "credit.yaml").read_text()
    (played / "credit.yaml").write_text(text.replace('overdue_days: "> 15"', 'overdue_days: "> 1"'))

    done = o2c("rules", "backtest", "credit.yaml", "--rules", "shipped", "--json", "--html", "report.html")

    found = json.loads(done.stdout)
    (table,) = found["tables"]
    assert done.returncode == 1, done.stderr
    assert table["changed"] == sum(turn["decisions"] for turn in table["turns"]) > 0
    assert {turn["to"] for turn in table["turns"]} == {"overdue-class-b"}
    assert table["became"]["documents"] == sum(
        table["became"].get(end, 0) for end in ("paid_on_time", "paid_late", "settled", "open", "overdue", "unknown")
    )
    assert table["became"].get("paid_late", 0) > 0
    assert all(customer["money_minor"] for customer in table["by_customer"])
    assert b"recorded decisions would change" in (played / "report.html").read_bytes()


def test_a_kept_decision_is_explained_and_asked_again_of_a_draft_without_a_platform(played: Path) -> None:
    text = (BOOKS / "orders" / "credit.yaml").read_text()
    (played / "credit.yaml").write_text(text.replace('overdue_days: "> 15"', 'overdue_days: "> 1"'))
    tried = o2c("rules", "backtest", "credit.yaml", "--rules", "shipped")
    (hint,) = [line for line in tried.stderr.splitlines() if "rules explain" in line]
    id_, history = hint.split()[4], hint.split()[6]

    told = o2c("rules", "explain", id_, "--history", history)
    again = o2c("rules", "whatif", "credit.yaml", "--decision", id_, "--history", history, "--rules", "shipped")
    earlier = o2c(
        "rules", "whatif", "credit.yaml", "--decision", id_, "--history", history, "--rules", "shipped",
        "--set", "overdue_days=1",
    )  # fmt: skip
    nobody = o2c("rules", "explain", "nothing", "--history", history)

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("orders asked orders/credit about ")
    assert "  no row matches" in told.stdout
    assert "overdue_days = " in told.stdout
    assert " = true" in told.stdout
    assert " = True" not in told.stdout
    assert "overdue-class-b: " in again.stdout
    assert "overdue-class-b: " not in earlier.stdout
    assert nobody.returncode == 1
    assert "there is none in" in nobody.stderr


@pytest.mark.usefixtures("played")
def test_usage_names_the_rows_that_decided_and_those_that_never_did() -> None:
    found = json.loads(o2c("rules", "usage", "--rules", "shipped", "--table", "orders/credit", "--json").stdout)
    dead = o2c("rules", "usage", "--rules", "shipped", "--dead")
    unknown = o2c("rules", "usage", "--rules", "shipped", "--table", "orders/nothing")

    (credit,) = found["tables"]
    hits = {row["row"]: row["hits"] for row in credit["rows"]}
    assert hits["default"] > 0
    assert all(hits[row] == 0 for row in credit["dead"])
    assert ["orders/credit", "contract-refused"] in [line.split() for line in dead.stdout.splitlines()]
    assert unknown.returncode == 2


def test_a_demos_history_verifies_and_a_flipped_byte_is_named(played: Path) -> None:
    shutil.copytree(played / ".local" / "demo" / "history", played / "copy")
    path = played / "copy" / "cash" / "decisions-000001.jsonl.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))

    whole = o2c("decisions", "verify", ".local/demo/history")
    damaged = o2c("decisions", "verify", "copy", "--json")

    assert whole.returncode == 0, whole.stdout
    assert damaged.returncode == 1
    problems = {each["service"]: each["problems"] for each in json.loads(damaged.stdout)["services"]}
    assert [service for service, found in problems.items() if found] == ["cash"]
    assert "cash/decisions-000001.jsonl.gz" in problems["cash"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nowhere.yaml"], 2, "nowhere.yaml"),
        (["shipped", "--since", "yesterday"], 2, "write it like 2026-01-31"),
        (["shipped", "--since", "2026-02-01", "--until", "2026-01-01"], 2, "lies behind"),
        (["shipped", "--on", "soon"], 2, "write it like 2027-01-01"),
        (["shipped", "--table", "orders/nothing"], 2, "no table orders/nothing"),
        (["shipped", "--history", "rules"], 2, "holds no exported decisions"),
        (["shipped", "--html", "no/such/folder.html"], 2, "--html"),
    ],
)
@pytest.mark.usefixtures("played")
def test_a_backtest_that_cannot_be_says_why_and_what_to_do(arguments: list[str], code: int, says: str) -> None:
    done = o2c("rules", "backtest", "--rules", "shipped", *arguments)

    assert done.returncode == code, done.stdout
    assert says in " ".join(done.stderr.split())


def test_decisions_of_a_running_platform_are_exported_once(platform: str, tmp_path: Path) -> None:
    on_platform(platform, "events", "publish", "-", said=json.dumps(event("x-1", "CustomerRegistered", name="Quay")))
    order = event("x-2", "OrderCancelRequested", legal_entity="DE01", currency="EUR", order_id="none", reason="asked")
    on_platform(platform, "events", "publish", "-", said=json.dumps(order))
    eventually(platform, "events", "show", "cli", "x-2", shows=r"orders\s+handled")

    first = on_platform(platform, "decisions", "export", "--to", str(tmp_path), "--json", who="audra")
    again = on_platform(platform, "decisions", "export", "--to", str(tmp_path), "--json")
    verified = on_platform(platform, "decisions", "verify", str(tmp_path))
    refused = on_platform(platform, "decisions", "export", "--to", str(tmp_path / "no"), who="anna")

    assert first.returncode == 0, first.stderr
    assert {s["service"]: s["decisions"] for s in json.loads(first.stdout)["services"]}["orders"] > 0
    assert not any(s["decisions"] or s["files"] for s in json.loads(again.stdout)["services"])
    assert verified.returncode == 0, verified.stderr
    assert refused.returncode == 2
    assert "lacks the role operator" in refused.stderr


def test_a_candidate_runs_beside_the_live_rules_until_it_is_stopped(platform: str, tmp_path: Path) -> None:
    text = (BOOKS / "orders" / "requests.yaml").read_text()
    (tmp_path / "requests.yaml").write_text(text.replace("{id: ", "{id: new-"))
    candidate = [str(tmp_path / "requests.yaml"), "--rules", "shipped"]

    begun = on_platform(platform, "rules", "shadow", *candidate, who="rick")
    order = event("s-1", "OrderCancelRequested", legal_entity="DE01", currency="EUR", order_id="none", reason="asked")
    on_platform(platform, "events", "publish", "-", said=json.dumps(order))
    told = eventually(platform, "rules", "shadow", "--status", shows=r"orders\s+\w{12}\s+\S+\s+rick\s+1\s+0\s+0")
    found = json.loads(on_platform(platform, "rules", "shadow", "--status", "--json").stdout)
    nobody = on_platform(platform, "rules", "shadow", "--stop", who="cora")
    stopped = on_platform(platform, "rules", "shadow", "--stop", who="rick")
    eventually(platform, "rules", "shadow", "--status", shows=r"orders\s+nothing")

    assert begun.returncode == 0, begun.stderr
    assert "billing" in told
    (table,) = next(each for each in found if each["service"] == "orders")["tables"]
    assert (table["table"], table["same_outcome_by_another_row"]) == ("orders/requests", 1)
    assert (nobody.returncode, stopped.returncode) == (1, 0)
    assert "lacks the role operator or rules_analyst" in nobody.stderr


@pytest.mark.parametrize("arguments", [[], ["--stop", "--status"], ["nowhere.yaml"], ["shipped", "--since", "soon"]])
def test_a_trial_that_cannot_be_says_what_to_do(arguments: list[str]) -> None:
    done = on_platform("http://127.0.0.1:9", "rules", "shadow", "--rules", "shipped", *arguments)

    assert done.returncode == 2
    assert done.stderr.strip()
