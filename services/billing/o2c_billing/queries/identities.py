"""What must be true of billing's rows at any time; a difference is a defect, never a matter of opinion."""

import json

from o2c_chassis.approvals import Approval
from o2c_chassis.counters import counters
from o2c_chassis.service import Check
from o2c_chassis.tables import approvals
from pydantic import BaseModel
from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.domain.charges import recompute
from o2c_billing.tables.schema import charges, credit_notes, invoice_lines, invoices, postings

from .asking import rows_of

_SHOWN_MOST = 5


class Series(BaseModel):
    """One series of numbers: how many were given, and which of them no document bears."""

    series: str
    last_number: int
    documents: int
    missing: list[int]

    @property
    def is_gapless(self) -> bool:
        return not self.missing and self.documents == self.last_number


async def verify(db: AsyncConnection) -> list[Check]:
    """Every identity, with the first that break it."""
    return [
        _none("gapless-numbers", [s.series for s in await numbers(db) if not s.is_gapless]),
        _none("postings-balance", await _unbalanced(db)),
        _none("receivables-equal-invoices-and-credits", await _unposted(db)),
        _none("lines-add-up-and-recompute", await _off_lines(db)),
        _none("invoiced-charges-stand-on-invoices", await _off_charges(db)),
        _none("credits-within-their-invoice", await _over_credited(db)),
        _none("credits-approved", await _unapproved(db)),
    ]


async def numbers(db: AsyncConnection) -> list[Series]:
    """Each series against the documents that bear its numbers."""
    found = select(invoices.c.invoice_number.label("number"))
    borne: dict[str, set[int]] = {}
    for row in await db.execute(union_all(found, select(credit_notes.c.credit_note_number))):
        entity, kind, year, n = str(row[0]).rsplit("-", 3)
        borne.setdefault(f"{entity}/{kind}/{year}", set()).add(int(n))
    given = await rows_of(db, select(counters).order_by(counters.c.series))
    return [_series(row["series"], row["next_number"] - 1, borne.get(row["series"], set())) for row in given]


async def _unbalanced(db: AsyncConnection) -> list[str]:
    journals = select(postings.c.journal_id).group_by(postings.c.journal_id, postings.c.currency)
    return [row[0] for row in await db.execute(journals.having(func.sum(postings.c.amount_minor) != 0))]


async def _unposted(db: AsyncConnection) -> list[str]:
    """Companies and currencies whose books say another sum than their documents."""
    accounts = {"receivable": invoices.c.total_minor, "credit-notes-to-apply": -credit_notes.c.total_minor}
    wrong = []
    for account, amount in accounts.items():
        table = invoices if account == "receivable" else credit_notes
        issued = select(table.c.legal_entity, table.c.currency, func.sum(amount)).group_by(
            table.c.legal_entity, table.c.currency
        )
        posted = (
            select(postings.c.legal_entity, postings.c.currency, func.sum(postings.c.amount_minor))
            .where(postings.c.account == account)
            .group_by(postings.c.legal_entity, postings.c.currency)
        )
        if sorted(map(tuple, await db.execute(issued))) != sorted(map(tuple, await db.execute(posted))):
            wrong.append(account)
    return wrong


async def _off_lines(db: AsyncConnection) -> list[str]:
    """Lines that compute to another amount, and invoices that are not the sum of their lines."""
    net: dict[str, int] = {}
    wrong = []
    for line in await rows_of(db, select(invoice_lines)):
        net[line["invoice_number"]] = net.get(line["invoice_number"], 0) + line["net_minor"]
        if recompute(json.loads(line["derivation"]), line["currency"]) != line["net_minor"]:
            wrong.append(line["line_id"])
    heads = await db.execute(select(invoices.c.invoice_number, invoices.c.net_minor))
    return wrong + [number for number, amount in heads if net.get(number) != amount]


async def _off_charges(db: AsyncConnection) -> list[str]:
    """Every invoiced charge stands on its invoice with its amount, and nothing else does."""
    names = ("customer_id", "line_id", "invoice_number", "net_minor")
    mine = select(*(charges.c[name] for name in names)).where(charges.c.status == "invoiced")
    theirs = select(*(invoice_lines.c[name] for name in names))
    found = {tuple(row) for row in await db.execute(mine)} ^ {tuple(row) for row in await db.execute(theirs)}
    return sorted({str(line_id) for _, line_id, _, _ in found})


async def _over_credited(db: AsyncConnection) -> list[str]:
    sums = (
        select(invoices.c.invoice_number)
        .join(credit_notes, credit_notes.c.invoice_number == invoices.c.invoice_number)
        .group_by(invoices.c.invoice_number, invoices.c.total_minor)
        .having(func.sum(credit_notes.c.total_minor) > invoices.c.total_minor)
    )
    return [row[0] for row in await db.execute(sums)]


async def _unapproved(db: AsyncConnection) -> list[str]:
    """Credit notes without a granted approval of their request with everybody in it whom the matrix wanted."""
    granted = await rows_of(db, select(approvals).where(approvals.c.status == "granted"))
    complete = {(row["customer_id"], row["document_id"]) for row in granted if not Approval(**row).missing}
    n = credit_notes.c
    notes = await db.execute(select(n.credit_note_number, n.customer_id, n.request_id))
    return [number for number, *request in notes if tuple(request) not in complete]


def _none(name: str, wrong: list[str]) -> Check:
    shown = ", ".join(sorted(wrong)[:_SHOWN_MOST])
    return Check(name, not wrong, f"{len(wrong)}: {shown}" if wrong else "")


def _series(name: str, last: int, borne: set[int]) -> Series:
    missing = sorted(set(range(1, last + 1)) - borne)
    return Series(series=name, last_number=last, documents=len(borne), missing=missing)
