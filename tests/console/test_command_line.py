"""`o2c` against a running platform: what it prints, how it ends, what it hints at."""

import json
import re
import time

import httpx
import pytest
from o2c_console.main import app
from typer.testing import CliRunner

from tests.console.conftest import o2c

pytestmark = pytest.mark.slow


def event(id_: str, type_: str, **data: object) -> dict:
    whole = {"specversion": "1.0", "id": id_, "source": "cli", "type": type_, "time": "2026-01-05T11:00:00Z"}
    return whole | {"data": {"customer_id": "quay"} | data}


def limit(amount: int) -> dict:
    return event("limit-1", "CreditLimitSet", state="amount", limit_minor=amount, currency="EUR")


def eventually(url: str, *arguments: str, shows: str, seconds: float = 60) -> str:
    """The output once it shows this."""
    until = time.monotonic() + seconds
    while True:
        found = o2c(url, *arguments).stdout
        if re.search(shows, found):
            return found
        assert time.monotonic() < until, f"{shows!r} never appeared in:\n{found}"
        time.sleep(0.1)


def test_events_are_published_from_a_file_and_can_be_followed(platform, tmp_path):
    file = tmp_path / "events.jsonl"
    good = event("customer-1", "CustomerRegistered", name="Quay Ltd", country="DE", email="quay@example.test")
    file.write_text("\n".join(json.dumps(e) for e in (good, event("bad-1", "OrderEaten"))))

    published = o2c(platform, "events", "publish", str(file))
    again = json.loads(o2c(platform, "events", "publish", str(file), "--json").stdout)
    alone = o2c(platform, "events", "publish", "-", said=json.dumps(event("bad-2", "OrderEaten")))
    nobody = o2c(platform, "events", "publish", str(file), who="anna")

    assert (published.returncode, published.stdout) == (1, "1 of 2 accepted\n")
    assert "unknown-type" in published.stderr
    assert "hint" in published.stderr
    assert [d["disposition"] for d in again] == ["accepted", "refused"]
    assert (alone.returncode, alone.stdout) == (1, "0 of 1 accepted\n")
    assert "lacks the role publisher" in nobody.stderr
    eventually(platform, "events", "show", "cli", "customer-1", shows=r"orders\s+handled")


def test_what_is_parked_is_shown_tried_again_and_given_up_by_two(platform):
    o2c(platform, "events", "publish", "-", said=json.dumps(limit(100)))
    eventually(platform, "events", "show", "cli", "limit-1", shows=r"orders\s+handled")
    o2c(platform, "events", "publish", "-", said=json.dumps(limit(200)))
    listed = eventually(platform, "parked", "list", "orders", shows="id-reused")
    number = re.findall(r"^orders\s+(\d+)", listed, re.MULTILINE)[0]

    shown = o2c(platform, "parked", "show", "orders", number)
    secret = o2c(platform, "parked", "show", "orders", number, who="anna")
    retried = o2c(platform, "parked", "retry", "orders", number)
    number = re.findall(r"parked again as (\d+)", retried.stdout)[0]
    first = o2c(platform, "parked", "discard", "orders", number)
    same = o2c(platform, "parked", "discard", "orders", number)
    second = o2c(platform, "parked", "discard", "orders", number, who="otto")

    assert '"limit_minor":200' in shown.stdout
    assert secret.returncode == 1
    assert [p.returncode for p in (retried, first, same, second)] == [1, 1, 1, 0]
    assert second.stdout == "discarded by olga and otto\n"
    assert o2c(platform, "parked", "list").returncode == 0
    assert o2c(platform, "parked", "show", "orders", number).returncode == 1


def test_what_was_told_can_be_sent_again_and_changes_nothing(platform):
    asking = "outbox", "republish", "orders", "--since", "2020-01-01"

    counted = json.loads(o2c(platform, *asking, "--dry-run", "--json").stdout)["count"]
    sent = o2c(platform, *asking)
    nobody = o2c(platform, *asking, who="anna")
    backwards = o2c(platform, *asking, "--until", "2019-12-31")
    no_date = o2c(platform, "outbox", "republish", "orders", "--since", "yesterday")

    assert counted > 0
    assert int(sent.stdout.split()[0]) >= counted
    assert "lacks the role operator" in nobody.stderr
    assert (sent.returncode, nobody.returncode, backwards.returncode, no_date.returncode) == (0, 1, 2, 2)
    assert "write it like 2026-01-31" in no_date.stderr
    eventually(platform, "status", "--json", shows=r'"unsent": 0')
    assert o2c(platform, "parked", "list").returncode == 0


def test_an_approval_is_given_by_who_may_and_by_nobody_else(platform):
    contract = event(
        "contract-1", "ContractProposed", legal_entity="DE01", currency="EUR", contract_id="Q-1", kind="spot",
        starts_on="2026-01-01", terms_days=30,
    )  # fmt: skip
    o2c(platform, "events", "publish", "-", said=json.dumps(contract))
    eventually(platform, "customer", "quay", shows="ContractActivated")
    end = {"ends_on": "2026-12-31", "reason": "asked"}
    path = "/v1/orders/customers/quay/contracts/Q-1/end"
    asked = post(platform, path, end, who="clara", key="end-1")

    listed = json.loads(o2c(platform, "approvals", "list", "--customer", "quay", "--json").stdout)["items"]
    [approval] = listed
    own = o2c(platform, "approvals", "approve", approval["approval_id"], who="clara")
    outsider = o2c(platform, "approvals", "approve", approval["approval_id"], who="cora")
    granted = o2c(platform, "approvals", "approve", approval["approval_id"], who="sara")

    assert asked.status_code == 200, asked.text
    assert approval["missing"] == {"sales_director": 1}
    assert "requested this" in own.stderr
    assert (own.returncode, outsider.returncode) == (1, 1)
    assert "ApprovalGranted" in granted.stdout, granted.stderr
    assert o2c(platform, "approvals", "list", "--customer", "quay").returncode == 0
    eventually(platform, "customer", "quay", shows="ContractEnded")


def post(url: str, path: str, body: dict, who: str, key: str):
    headers = {"x-o2c-as": who, "idempotency-key": key}
    return httpx.post(f"{url}{path}", json=body, headers=headers, timeout=30)


def test_bad_use_ends_with_2_and_says_what_to_do(platform):
    nowhere = o2c("http://127.0.0.1:9", "status")
    no_file = o2c(platform, "events", "publish", "/nowhere/x.json")
    stranger = o2c(platform, "status", who="mallory")
    unknown = o2c(platform, "rules", "explain", "nothing")
    service = o2c(platform, "parked", "list", "nowhere")

    assert [p.returncode for p in (nowhere, no_file, stranger, unknown)] == [2, 2, 2, 1]
    assert "o2c up" in nowhere.stderr
    assert "known: " in stranger.stderr
    assert service.returncode == 1


@pytest.mark.parametrize(
    "command",
    [
        "up", "serve", "status", "customer", "verify", "resume", "schemas", "event-map", "demo", "replay",
        "parked list",
        "parked show", "parked retry", "parked discard", "approvals list", "approvals approve", "approvals refuse",
        "events publish", "events show", "rules explain", "topics apply", "topics show", "outbox republish",
    ],
)  # fmt: skip
def test_every_command_has_help_with_examples(command):
    shown = CliRunner().invoke(app, [*command.split(), "--help"])

    assert shown.exit_code == 0
    assert re.search(r"Examples:\n\s+(o2c|python -m|cat)", shown.output)
