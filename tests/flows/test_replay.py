"""A file of receivables through the five services on real PostgreSQL: what goes in comes out, to the cent."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from o2c_console.receivables import BadFile, Receivable, beginning, read
from o2c_console.replay import fresh_world, pairs, play
from o2c_console.results import results

SHARED = Path(
    os.environ.get(
        "O2C_RECEIVABLES", Path(__file__).parents[3] / "shared" / "data" / "receivables" / "accounts-receivable.csv"
    )
)
FIRST = date(2025, 1, 6)


def row(customer, invoice, amount, *, days=30, paid=30, disputed=False, after=0):
    issued = FIRST + timedelta(days=after)
    return Receivable(
        customer, invoice, issued, issued + timedelta(days=days), amount, disputed, issued + timedelta(days=paid)
    )


OWN = [
    row("prompt", "1", 100_00, paid=10),
    row("prompt", "2", 250_50, paid=10),
    row("late", "3", 80_00, paid=31),
    row("late", "4", 90_00, paid=52),
    row("contrary", "5", 70_00, paid=45, disputed=True),
    row("contrary", "6", 60_00, paid=12, disputed=True),
]


@pytest.mark.slow
async def test_a_small_file_is_invoiced_paid_reminded_and_contested_as_it_says():
    async with fresh_world("test", OWN) as world:
        await play(world, OWN)
        found, allocated = await results(world), await pairs(world)

    assert (found["orders"], found["invoices"], found["payments"], found["parked"]) == (6, 6, 5, 0)
    assert found["invoiced_minor"] == found["received_minor"] == found["applied_minor"] == {"USD": 650_50}
    assert found["unapplied_minor"].get("USD", 0) == 0
    assert found["cleared_invoices"] == 6
    assert found["disputes"] == 2
    assert found["items_reached_level"] == {"1": 3, "2": 2, "3": 1}
    assert all(found["identities"].values()), found["identities"]
    assert {(invoice, amount) for _, invoice, amount in allocated} == {(r.invoice, r.amount_minor) for r in OWN}


@pytest.mark.slow
async def test_without_remittance_money_never_pays_a_wrong_invoice():
    rows = [*OWN, row("twin", "7", 40_00, paid=20), row("twin", "8", 40_00, paid=25)]

    async with fresh_world("test", rows) as world:
        await play(world, rows, remittance=False)
        found, allocated = await results(world), await pairs(world)

    right = {(f"P-{r.settled_on}-{r.customer_id}", r.invoice, r.amount_minor) for r in rows}
    assert set(allocated) <= right
    assert "7" not in {invoice for _, invoice, _ in allocated}, "two open items of one amount are no unique explanation"
    assert found["received_minor"]["USD"] == found["applied_minor"]["USD"] + found["unapplied_minor"]["USD"]


@pytest.mark.slow
async def test_a_part_of_the_real_file_ends_as_the_file_says():
    if not SHARED.exists():
        pytest.skip(f"no {SHARED.name} here; name it by O2C_RECEIVABLES")
    every = sorted(read(SHARED), key=lambda r: r.issued_on)
    rows = [r for r in every if r.issued_on < beginning(every).at.date() + timedelta(days=60)]

    async with fresh_world("test", rows) as world:
        await play(world, rows)
        found, allocated = await results(world), await pairs(world)

    assert set(allocated) == {(f"P-{r.settled_on}-{r.customer_id}", r.invoice, r.amount_minor) for r in rows}
    assert found["items_reached_level"] == _levels(rows)
    assert found["parked"] == 0
    assert all(found["identities"].values()), found["identities"]


def _levels(rows):
    """Level 1 on day 1, 2 on day 10, 3 on day 20 past due; a disputed item from the day after its dispute ended."""
    found = {"1": 0, "2": 0, "3": 0}
    for r in rows:
        late = (r.settled_on - r.due_on).days
        contested = r.disputed and r.settled_on > r.issued_on + timedelta(days=1)
        for level, day in (("1", 2 if contested else 1), ("2", 10), ("3", 20)):
            found[level] += late >= day
    return {level: count for level, count in found.items() if count}


def test_every_bad_line_of_a_file_is_named(tmp_path):
    path = tmp_path / "bad.csv"
    good = ["1", "C", "x", "I1", "1/2/2025", "2/1/2025", "10.00", "No", "1/20/2025", "Paper", "1", "0"]
    head = "country,customerID,x,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,a,b,c"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerow(good)
        writer.writerow([*good[:6], "10.001", *good[7:]])
        writer.writerow([*good[:4], "13/45/2025", *good[5:]])
        writer.writerow(good)

    with pytest.raises(BadFile) as refused:
        read(path)

    assert [f.split(":")[1] for f in refused.value.findings] == ["3", "4", "5"]
