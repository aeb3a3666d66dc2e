"""Who is right: a person decides; a credit is billing's to give, so the case waits for what billing published."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.disputes import CreditRequested, CreditRequestWithdrawn, DisputeResolved
from o2c_contracts.event import Event
from o2c_contracts.money import as_text

from o2c_disputes import facts
from o2c_disputes.commands import ResolveDispute
from o2c_disputes.domain.amounts import Amounts, Dispute, Resolution
from o2c_disputes.domain.cases import Case, CreditRequest
from o2c_disputes.domain.items import Item

from .clocks import dues, go_on
from .closings import answer, ended
from .contests import amounts_on, open_dispute, opened
from .history import Told, actor, an_open_case, authorise, customer_of, note, turn
from .pauses import end_pause


def on_resolve_dispute(command: ResolveDispute, work: WorkingSet) -> Iterator[Event]:
    """Valid and partly valid ask billing for the credit; invalid and withdrawn end the contest at once."""
    case = an_open_case(work, command)
    dispute = open_dispute(work, case)
    amounts = amounts_on(work, dispute.invoice_number)[dispute.key] if dispute else None
    sheet = facts.of_money(case, customer_of(work, case.customer_id), amounts)
    authorise(work, "resolve", command.roles, sheet | {"resolution": command.resolution})
    credit = _credit(command, amounts, case.currency)
    _refuse_what_makes_no_sense(work, command, case)
    case = replace(case, root_cause=command.root_cause)
    if command.answer is not None:
        case = yield from answer(work, case, command.answer, actor(work))
    case = note(work, case, "decided", f"{command.resolution}: {command.comment}".rstrip(": "))
    if credit:
        yield from _ask_billing(work, case, command, credit)
    else:
        case = yield from withdraw_request(work, case)
        yield from finish(work, case, dispute, command.resolution)


def _refuse_what_makes_no_sense(work: WorkingSet, command: ResolveDispute, case: Case) -> None:
    """Only where money is contested; not twice; not while billing decides, unless the customer gives up."""
    if not case.contests:
        raise Refused("no-money-contested", f"case {case.case_id} is a {case.kind}", "answer it and close it")
    if case.status == "resolved":
        raise Refused("resolved-already", f"case {case.case_id} is resolved: {case.outcome}", "answer the customer")
    asked = case.status == "with-billing" or any(r.is_open for r in work.find(CreditRequest, case_id=case.case_id))
    if asked and command.resolution != "withdrawn":
        raise Refused("credit-requested", "billing has been asked for a credit", "wait for billing, or withdraw")
    known = case.invoice_number and work.get(Item, invoice_number=case.invoice_number)
    if command.resolution in ("valid", "partly_valid") and not known:
        raise Refused(
            "invoice-not-known", f"{case.invoice_number or 'no invoice'} is not known", "find the invoice first"
        )


def _credit(command: ResolveDispute, amounts: Amounts | None, currency: str) -> int:
    """What billing is to be asked for, in minor units; 0 for nothing. Refused where it does not fit."""
    asked = command.credit_minor or 0
    contested = amounts.disputed_minor if amounts else None
    wanted, whole = as_text(asked, currency), as_text(contested or 0, currency)
    if command.resolution == "valid":
        if contested is not None and asked not in (0, contested):
            raise Refused("not-the-amount", f"{whole} are contested, not {wanted}", "resolve it as partly_valid")
        if not (contested or asked):
            raise Refused("no-amount", "nothing that is open is contested", "say what to credit in credit_minor")
        return contested or asked
    if command.resolution == "partly_valid":
        if asked <= 0 or (contested is not None and asked >= contested):
            text = f"{wanted} is no part of {'what is contested' if contested is None else whole}"
            raise Refused("not-a-part", text, "give a credit above nothing and below the contested amount")
        return asked
    if asked:
        raise Refused("no-credit", f"{command.resolution} gives no credit", "leave credit_minor out")
    return 0


def _ask_billing(work: WorkingSet, case: Case, command: ResolveDispute, credit: int) -> Told:
    """The rest is contested no longer, from now on; the credit still is, until it is there."""
    item = work.find(Item, invoice_number=case.invoice_number)[0]
    dispute = open_dispute(work, case)
    if dispute:
        rest = amounts_on(work, item.invoice_number)[dispute.key].disputed_minor - credit
        if rest:
            dispute = dispute.release(rest, item.item_version)
            yield opened(case, item, credit)
        work.put(dispute.decide(command.resolution))
    request = CreditRequest(
        request_id=work.new_id("credit-request", case.case_id),
        case_id=case.case_id,
        round=dispute.round if dispute else 0,
        customer_id=case.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        invoice_number=item.invoice_number,
        amount_minor=credit,
        requested_by=actor(work),
        requested_at=work.at,
        status="open",
        approval_id=None,
        credit_note_number=None,
        comment=command.comment,
    )
    work.put(request)
    yield _requested(case, request)
    if case.status == "paused":
        case = end_pause(work, case)
        yield from go_on(work, case)
        case = dues(work, work.find(Case, case_id=case.case_id)[0])
    case = turn(work, replace(case, status="with-billing", outcome=command.resolution), "credit-requested")
    return note(work, case, "credit-requested", f"{as_text(credit, request.currency)}: {request.request_id}")


def _requested(case: Case, request: CreditRequest) -> CreditRequested:
    return CreditRequested(
        customer_id=request.customer_id,
        legal_entity=request.legal_entity,
        currency=request.currency,
        case_id=request.case_id,
        request_id=request.request_id,
        invoice_number=request.invoice_number,
        amount_minor=request.amount_minor,
        reason=case.reason,
        requested_by=request.requested_by,
    )


def withdraw_request(work: WorkingSet, case: Case) -> Told:
    """Billing need not decide any more, where it was asked."""
    for request in work.find(CreditRequest, case_id=case.case_id):
        if request.is_open:
            work.put(replace(request, status="withdrawn"))
            case = note(work, case, "credit-withdrawn", request.request_id)
            yield CreditRequestWithdrawn(
                customer_id=request.customer_id,
                legal_entity=request.legal_entity,
                currency=request.currency,
                case_id=request.case_id,
                request_id=request.request_id,
            )
    return case


def finish(work: WorkingSet, case: Case, dispute: Dispute | None, resolution: Resolution, outcome: str = "") -> Told:
    """The contest is over; what is still owed of it is contested no longer."""
    if dispute:
        item = work.find(Item, invoice_number=dispute.invoice_number)[0]
        work.put(dispute.resolve(resolution, item.item_version))
        yield _resolved(case, dispute, resolution, amounts_on(work, item.invoice_number)[dispute.key])
    return (yield from ended(work, case, outcome or resolution, case.root_cause))


def _resolved(case: Case, dispute: Dispute, resolution: Resolution, amounts: Amounts) -> DisputeResolved:
    return DisputeResolved(
        customer_id=dispute.customer_id,
        legal_entity=dispute.legal_entity,
        currency=dispute.currency,
        case_id=dispute.case_id,
        invoice_number=dispute.invoice_number,
        resolution=resolution,
        original_minor=amounts.original_minor,
        paid_minor=amounts.paid_minor,
        credited_minor=amounts.credited_minor,
        written_off_minor=amounts.written_off_minor,
        undisputed_minor=amounts.undisputed_minor,
        root_cause=case.root_cause,
    )
