"""A charged month that comes to something else now: replaced while unbilled, else charged more or credited."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from o2c_chassis.errors import HandlerFailed
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event

from o2c_billing.domain.charges import CORRECTION, Charge, difference, monthly
from o2c_billing.domain.contracts import Schedule
from o2c_billing.domain.credits import CREDIT_NOTE, CreditNote, Request, creditable
from o2c_billing.domain.invoices import Invoice, InvoicedLine
from o2c_billing.domain.names import joined
from o2c_billing.domain.periods import Period
from o2c_billing.domain.taxes import tax_on

from .credit_notes import submitted
from .invoicing import rechecked
from .unbilled import kept

REASON = "contract-change"
"""Why billing itself asks for a credit: nobody requested it but the contract."""


def corrected(schedule: Schedule, line_id: str, month: Period, more: list[Charge], work: WorkingSet) -> Iterator[Event]:
    """Bring a charged month to what it comes to now: new charges go to `more`, less is asked for as a credit."""
    contract = schedule.contract
    whose = {"customer_id": contract.customer_id, "contract_id": contract.contract_id}
    of_line = work.find(Charge, **whose, contract_line_id=line_id)
    of_month = [c for c in of_line if c.period_from == month.first]
    counted = [c for c in of_month if _counts(c, work)]
    stretches = list(schedule.stretches(line_id, month))
    name = joined(contract.contract_id, line_id, month.first, len(of_month) + 1)
    wanted = [monthly(contract, month, s, f"{name}.{n}" if n else name) for n, s in enumerate(stretches)]
    if sum(c.net_minor for c in wanted) == sum(c.net_minor for c in counted):
        return
    yield from _replaced([c for c in counted if c.is_open], work)
    fixed = [c for c in counted if not c.is_open]
    if not fixed:
        more += wanted
        return
    delta = difference(fixed[-1], name, month, stretches, sum(c.net_minor for c in fixed))
    if delta.net_minor > 0:
        more.append(delta)
    elif delta.net_minor < 0:
        yield from _asked_back(delta, [c for c in fixed if c.kind != CORRECTION], work)


def _counts(charge: Charge, work: WorkingSet) -> bool:
    """A correction counts while its credit is asked for or was granted; a refused one left the month as it was."""
    if charge.kind != CORRECTION:
        return charge.status in ("unbilled", "invoiced")
    requests = work.find(Request, customer_id=charge.customer_id, document_id=charge.invoice_number)
    return any(r.correction_of == charge.line_id and r.status in ("open", "granted") for r in requests)


def _replaced(charges: Sequence[Charge], work: WorkingSet) -> Iterator[Event]:
    for charge in charges:
        yield from kept(replace(charge, status="replaced"), work)
    yield from rechecked(charges, work)


def _asked_back(delta: Charge, invoiced: Sequence[Charge], work: WorkingSet) -> Iterator[Event]:
    """The credit, tax included, on the last invoice that charged this month, as far as it has something left."""
    charge = invoiced[-1]
    number = charge.invoice_number or ""
    invoice = work.get(Invoice, invoice_number=number)
    line = next((x for x in work.find(InvoicedLine, invoice_number=number) if x.line_id == charge.line_id), None)
    if invoice is None or line is None:
        raise HandlerFailed(f"{charge.line_id} is invoiced by {number!r}, which does not hold it")
    work.put(replace(delta, invoice_number=number))
    net = -delta.net_minor
    gross = net + tax_on(net, line.rate_percent, delta.currency)
    left = creditable(invoice, work.find(CreditNote, invoice_number=number))
    request = Request(
        joined("correction", delta.line_id),
        delta.customer_id,
        delta.legal_entity,
        delta.currency,
        CREDIT_NOTE,
        number,
        min(gross, left) or gross,
        REASON,
        "billing",
        work.at,
        correction_of=delta.line_id,
    )
    yield from submitted(request, work)
