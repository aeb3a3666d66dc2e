"""Laws of credits: nothing without approval, never more than was invoiced, every cent in its place."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.commands import ApproveRequest, RefuseRequest
from o2c_billing.domain.credits import CreditNote, split
from o2c_billing.domain.invoices import Invoice, InvoicedLine
from o2c_billing.domain.taxes import Taxation, tax_parts
from o2c_billing.domain.written import written
from o2c_chassis.approvals import Approval
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued
from o2c_contracts.shared import ApprovalGranted

from tests.billing.books import START, Billing, credit, with_invoice

PEOPLE = {
    "dora": ("billing_lead", "billing_manager", "controller"),
    "max": ("billing_lead",),
    "mia": ("billing_manager", "controller"),
    "carl": ("controller",),
    "col": ("collector",),
}
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(["R1", "R2"]), st.sampled_from([400, 100_000, 300_000, 1_200_000])),
    st.tuples(st.just("approve"), st.sampled_from(sorted(PEOPLE)), st.integers(0, 3)),
    st.tuples(st.just("refuse"), st.sampled_from(sorted(PEOPLE)), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 71, 80])),
)


def take(billing: Billing, step: tuple[str, str, int]) -> None:
    what, who, number = step
    if what == "ask":
        billing.tell(credit(number, request_id=who, reason="rounding" if number == 400 else "price"))
    elif what == "wait":
        billing.until(billing.rig.at + timedelta(hours=number))
    elif approvals := billing.rows(Approval):
        approval = approvals[number % len(approvals)]
        command = ApproveRequest if what == "approve" else RefuseRequest
        try:
            billing.do(command(customer_id="C1", approval_id=approval.approval_id), who, PEOPLE[who])
        except Refused:
            assert billing.rows(Approval, approval_id=approval.approval_id) == [approval]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_no_credit_note_is_issued_without_a_complete_valid_and_unexpired_approval(
    steps: list[tuple[str, str, int]],
) -> None:
    billing = with_invoice(net=1_000_000)

    for step in steps:
        take(billing, step)

    told = [m.event for m in billing.rig.told]
    notes = billing.rows(CreditNote)
    granted = {e.document_id: e for e in of(told, ApprovalGranted)}
    by_request = {a.document_id: a for a in billing.rows(Approval, status="granted")}
    assert len(of(told, CreditNoteIssued)) == len(notes)
    assert sum(n.total_minor for n in notes) <= 1_190_000
    for note in notes:
        approval = by_request[note.request_id]
        people = [person for person, _, _ in approval.agreed]
        assert approval.missing == {}
        assert granted[note.request_id].approved_by == tuple(people)
        assert len(set(people)) == len(people)
        assert "dora" not in people
        assert all(role in PEOPLE[person] for person, role, _ in approval.agreed)
        assert approval.requested_at <= note.issued_at < approval.expires_at
        assert approval.amount_minor == note.total_minor


RATES = st.sampled_from(
    [
        Taxation("standard", "S", Decimal(19)),
        Taxation("reduced", "S", Decimal(7)),
        Taxation("zero", "Z", Decimal(0)),
    ]
)
ONE = Decimal(1)


def invoice_of(lines: list[tuple[int, Taxation]]) -> tuple[Invoice, list[InvoicedLine]]:
    parts = tax_parts(lines, "EUR")
    net, tax = sum(p.base_minor for p in parts), sum(p.tax_minor for p in parts)
    invoice = Invoice(
        "I1", "C1", "DE01", "EUR", "K1", "d", date(2026, 3, 2), date(2026, 4, 1), START, net, tax, net + tax,
        written(parts), None, None, "en", "[]",
    )  # fmt: skip
    rows = [
        InvoicedLine(
            "I1", n, f"L{n}", "C1", "DE01", "EUR", "p", "", ONE, ONE, amount, t.tax_code, t.category, t.rate_percent,
            "{}",
        )
        for n, (amount, t) in enumerate(lines)
    ]  # fmt: skip
    return invoice, rows


def note_of(n: int, amount: int, invoice: Invoice, rows: list[InvoicedLine], notes: list[CreditNote]) -> CreditNote:
    parts = split(amount, invoice, rows, notes)
    return CreditNote(
        f"N{n}", "C1", "DE01", "EUR", "I1", f"R{n}", None, date(2026, 3, 3), START, parts.net_minor, parts.tax_minor,
        amount, "price", written(parts.lines), written(parts.taxes),
    )  # fmt: skip


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 10**7), RATES), min_size=1, max_size=6),
    st.lists(st.integers(1, 100), min_size=1, max_size=5),
)
def test_credits_in_any_pieces_end_at_zero_in_every_line_and_tax_part(
    lines: list[tuple[int, Taxation]], pieces: list[int]
) -> None:
    invoice, rows = invoice_of(lines)
    notes: list[CreditNote] = []
    left = invoice.total_minor

    for n, piece in enumerate([*pieces, 100]):
        amount = left if n == len(pieces) else left * piece // 200
        if amount:
            notes.append(note_of(n, amount, invoice, rows, notes))
            left -= amount

    for note in notes:
        assert note.net_minor + note.tax_minor == note.total_minor
        assert sum(line.net_minor for line in note.credited_lines) == note.net_minor
        assert all(part.base_minor >= 0 and part.tax_minor >= 0 for part in note.parts)
    assert sum(n.net_minor for n in notes) == invoice.net_minor
    assert sum(n.tax_minor for n in notes) == invoice.tax_minor
    for row in rows:
        credited = [x.net_minor for n in notes for x in n.credited_lines if x.line_id == row.line_id]
        assert sum(credited) == row.net_minor
