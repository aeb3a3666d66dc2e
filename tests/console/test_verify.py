"""`o2c verify` as an operator calls it, before a replayed world: its table, and what it says of a row that lies."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from o2c_console import local_postgres
from o2c_console.receivables import ending, read
from o2c_console.world import World, loopback_world
from o2c_contracts.topics import SERVICES

from tests.console.conftest import Kept, in_a_shell, o2c, served

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

IDENTITIES = {
    "orders": {"exposure-equals-documents", "open-orders-have-holds", "left-is-not-delivered"},
    "billing": {"gapless-numbers", "postings-balance", "receivables-equal-invoices-and-credits",
                "lines-add-up-and-recompute", "credits-approved"},
    "cash": {"receipts", "journals-balance", "open-items-equal-receivables", "items-equal-their-steps"},
    "collections": {"open-as-cash-said-last", "levels-told-in-letters", "one-letter-a-day"},
    "disputes": {"amounts-add-up", "contested-is-owed", "closed-cases-answered"},
}  # fmt: skip
CHAINS = {"decision-chains", "decision-chains-as-told"}


class Lie(NamedTuple):
    """A service's rows changed and changed back, and how the table says so; `{}` is the value of `about`."""

    service: str
    about: str
    told: str
    undone: str
    rows: tuple[str, ...]


LIES = {
    "a byte of a decision": Lie(
        "orders",
        "select min(chain) from decisions where seq = 2",
        "update decisions set body = set_byte(body, 20, get_byte(body, 20) # 1) where chain = {} and seq = 2",
        "update decisions set body = set_byte(body, 20, get_byte(body, 20) # 1) where chain = {} and seq = 2",
        (r"orders +decision-chains +FAILS +decision chain {}: record 2 is not what was written",),
    ),
    "a number that was never given": Lie(
        "billing",
        "select max(invoice_number) from invoices",
        "update charges set invoice_number = 'US01-INV-2012-000099' where invoice_number = '{0}';"
        "update invoice_lines set invoice_number = 'US01-INV-2012-000099' where invoice_number = '{0}';"
        "update invoices set invoice_number = 'US01-INV-2012-000099' where invoice_number = '{0}'",
        "update charges set invoice_number = '{0}' where invoice_number = 'US01-INV-2012-000099';"
        "update invoice_lines set invoice_number = '{0}' where invoice_number = 'US01-INV-2012-000099';"
        "update invoices set invoice_number = '{0}' where invoice_number = 'US01-INV-2012-000099'",
        (r"billing +gapless-numbers +FAILS +1: US01/INV/2012",),
    ),
    "an open item of cash": Lie(
        "cash",
        "select min(invoice_number) from open_items where open_minor > 0",
        "update open_items set open_minor = open_minor + 1 where invoice_number = '{}'",
        "update open_items set open_minor = open_minor - 1 where invoice_number = '{}'",
        (
            r"cash +items-equal-their-steps +FAILS +{}",
            r"cash +open-items-equal-receivables +FAILS +(twin|sums)",
            r"orders=cash +open US01 USD +FAILS +orders 14000, cash 14001",
            r"cash=collections +open US01 USD +FAILS +cash 14001, collections 14000",
            r"cash=disputes +open US01 USD +FAILS +cash 14001, disputes 14000",
        ),
    ),
    "an item of collections": Lie(
        "collections",
        "select min(invoice_number) from items where open",
        "update items set open_minor = open_minor + 1 where invoice_number = '{}'",
        "update items set open_minor = open_minor - 1 where invoice_number = '{}'",
        (
            r"collections +open-as-cash-said-last +FAILS +{}",
            r"orders=collections +open US01 USD +FAILS +orders 14000, collections 14001",
            r"cash=collections +open US01 USD +FAILS +cash 14000, collections 14001",
            r"collections=disputes +open US01 USD +FAILS +collections 14001, disputes 14000",
        ),
    ),
    "what is owed of a contested item": Lie(
        "disputes",
        "select min(invoice_number) from disputes",
        "update items set open_minor = open_minor + 1 where invoice_number = '{}'",
        "update items set open_minor = open_minor - 1 where invoice_number = '{}'",
        (
            r"disputes +movements-lead-to-what-is-owed +FAILS +1: {}",
            r"cash=disputes +open US01 USD +FAILS +cash 14000, disputes 14001",
        ),
    ),
    "money that orders knows of": Lie(
        "orders",
        "select customer_id from customer_money where unapplied_minor = 8000",
        "update customer_money set unapplied_minor = unapplied_minor - 1 where customer_id = '{}'",
        "update customer_money set unapplied_minor = unapplied_minor + 1 where customer_id = '{}'",
        (
            r"orders=cash +unapplied US01 USD +FAILS +orders 13999, cash 14000",
            r"orders=collections +unapplied US01 USD +FAILS +orders 13999, collections 14000",
        ),
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(kept: Kept) -> AsyncIterator[World]:
    """The kept world at its last instant, everything read."""
    cluster = local_postgres.find(kept.folder / "postgres")
    assert cluster is not None
    urls = local_postgres.ensure_databases(cluster, SERVICES, prefix="replay_")
    end = ending(read(kept.place / "file.csv"))
    async with loopback_world("replay", end, urls, kept.folder / "rules") as opened:
        await opened.settle()
        for running in opened.services.values():
            await running.flush()
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(world: World) -> AsyncIterator[str]:
    async with served(world) as address:
        yield address


async def verify(kept: Kept, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = " ".join(("o2c", "--url", url, "verify", *options))
    return await asyncio.to_thread(in_a_shell, kept.place, command)


def table_of(stdout: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Service or pair, and check -> how it is, and what was found."""
    rows = [re.split(r" {2,}", line.rstrip()) for line in stdout.splitlines()[1:]]
    return {(row[0], row[1]): (row[2], "".join(row[3:])) for row in rows}


def as_table(found: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    held = {True: "holds", False: "FAILS", None: "open"}
    checks = [(s["service"], c) for s in found["services"].values() for c in s["checks"]]
    checks += [(c["services"], c) for c in found["compared"]]
    return {(who, c["name"]): (held[c["holds"]], c["found"].strip()) for who, c in checks}


async def test_the_table_names_chains_identities_numbers_and_sums_of_every_service(kept: Kept, url: str) -> None:
    shown, as_json = await verify(kept, url), await verify(kept, url, "--json")

    assert (shown.returncode, shown.stderr) == (as_json.returncode, as_json.stderr) == (0, "")
    assert shown.stdout.split(maxsplit=3)[:3] == ["service", "check", "found"]
    table, found = table_of(shown.stdout), json.loads(as_json.stdout)
    assert table == as_table(found)
    assert {held for held, _ in table.values()} == {"holds"}
    for service, names in IDENTITIES.items():
        assert names | CHAINS <= {name for who, name in table if who == service}
        assert re.fullmatch(r"[1-9]\d* days were told", table[service, "decision-chains-as-told"][1])
        assert found["services"][service]["chain_heads"]
    assert table["cash=collections", "open US01 USD"][1] == "cash 14000, collections 14000"
    assert table["billing=cash", "invoiced US01 USD"][1] == "billing 56075, cash 56075"
    assert table["orders=cash", "unapplied US01 USD"][1] == "orders 14000, cash 14000"
    assert {s for who, _ in table if "=" in who for s in who.split("=")} == set(SERVICES)


@pytest.mark.parametrize("what", LIES)
async def test_a_row_that_lies_is_named_until_it_says_the_truth_again(kept: Kept, url: str, what: str) -> None:
    lie = LIES[what]
    about = kept.rows(lie.service, lie.about)
    assert about

    kept.rows(lie.service, lie.told.format(about))
    try:
        shown = await verify(kept, url)
    finally:
        kept.rows(lie.service, lie.undone.format(about))
    again = await asyncio.to_thread(o2c, url, "verify")

    assert (shown.returncode, shown.stderr) == (1, "")
    failing = [line.rstrip() for line in shown.stdout.splitlines() if " FAILS " in line]
    for row in lie.rows:
        assert [line for line in failing if re.fullmatch(row.format(re.escape(about)), line)], "\n".join(failing)
    assert {lie.service in line.split()[0].split("=") for line in failing} == {True}
    assert (again.returncode, "FAILS" in again.stdout) == (0, False)


async def test_sums_of_a_service_that_has_something_to_tell_are_open_and_no_failure(kept: Kept, url: str) -> None:
    kept.rows("cash", "update outbox set sent_at = null where position = (select max(position) from outbox)")

    try:
        shown = await verify(kept, url)
    finally:
        kept.rows("cash", "update outbox set sent_at = recorded_at where sent_at is null")

    table = table_of(shown.stdout)
    sums = {who: held for (who, _), held in table.items() if "=" in who}
    assert shown.returncode == 0, shown.stderr
    for who, held in sums.items():
        behind = "cash" in who.split("=")
        assert held[0] == ("open" if behind else "holds"), who
        assert (held[1] == "not compared: one of them is behind") is behind, who
    assert {held for (who, _), (held, _) in table.items() if "=" not in who} == {"holds"}


async def test_a_service_that_does_not_answer_is_named_and_nothing_is_taken_for_well(kept: Kept, world: World) -> None:
    async with served(world, "disputes") as url:
        shown, as_json = await verify(kept, url), await verify(kept, url, "--json")

    assert (shown.returncode, as_json.returncode) == (1, 1)
    assert shown.stderr.strip() == "no answer from: disputes"
    assert json.loads(as_json.stdout)["unreachable"] == ["disputes"]
    assert "disputes" not in shown.stdout
    assert "FAILS" not in shown.stdout
