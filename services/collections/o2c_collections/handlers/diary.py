"""The record of what was done and heard, who has to act, and who may do what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from o2c_chassis.commands import Command
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.collections import AccountEscalated
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised

from o2c_collections import facts
from o2c_collections.commands import CloseEscalation
from o2c_collections.domain.accounts import Customer
from o2c_collections.domain.letters import Activity, Escalation

AUTHORITY = "collections/authority"
ESCALATIONS = "collections/escalations"
LINE_MOST = 500


def note(work: WorkingSet, customer_id: str, kind: str, document_id: str, text: str) -> None:
    """One more line in the customer's record; the person is the one whose command it was."""
    id_ = work.new_id("activity", document_id)
    work.put(Activity(id_, customer_id, work.at, kind, document_id, text[:LINE_MOST], work.cause.envelope.actor))


def demand(work: WorkingSet, command: Command, action: str) -> str:
    """The person's name, if one of their roles may do this. Refused, with the roles that may, if not."""
    person = work.cause.envelope.actor
    if person is None:
        raise Refused("no-person", "only a named person may do this", "say who you are", 401)
    sheet = {"action": action, "person": person, "roles": " ".join(command.roles), "customer_id": command.customer_id}
    asked = work.ask(AUTHORITY, sheet, subject=action)
    may = [str(row.outcome["role"]) for row in asked.rows]
    if not set(may) & set(command.roles):
        raise Refused("no-authority", f"{person} may not {action}", f"who may: {', '.join(may)}", 403)
    return person


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that went wrong, about a document and an amount."""

    event: str
    document_id: str
    occurrence: int
    """Which time it happened to this document; makes its escalation's id."""
    legal_entity: str
    currency: str
    amount_minor: int
    text: str
    invoice_number: str | None = None
    contract_id: str | None = None


def escalate(work: WorkingSet, customer: Customer, matter: Matter, broken_promises: int = 0) -> Iterator[Event]:
    """Tell whom the table names; where it says so the account itself goes up."""
    sheet = facts.escalation(matter.event, customer, matter.currency, matter.amount_minor, broken_promises)
    whose = {"legal_entity": matter.legal_entity, "contract_id": matter.contract_id}
    asked = work.ask(ESCALATIONS, {**sheet, **whose}, subject=matter.document_id)
    to = asked["to_role"]
    if not isinstance(to, str):
        return
    id_ = f"{matter.document_id}:{matter.event}:{matter.occurrence}"
    who, entity, currency = customer.customer_id, matter.legal_entity, matter.currency
    work.put(
        Escalation(id_, who, entity, currency, matter.document_id, matter.event, to, matter.text[:LINE_MOST], work.at)
    )
    yield EscalationRaised(
        customer_id=who,
        legal_entity=entity,
        currency=currency,
        escalation_id=id_,
        document_id=matter.document_id,
        level=matter.event,
        to=to,
        text=matter.text[:LINE_MOST],
        decision_id=asked.id,
    )
    if asked["account"] is True:
        reason = " ".join(asked.because) or matter.text
        note(work, who, "account-escalated", matter.document_id, f"to {to}: {reason}")
        yield AccountEscalated(
            customer_id=who,
            legal_entity=entity,
            currency=currency,
            invoice_number=matter.invoice_number,
            to=to,
            reason=reason[:LINE_MOST],
            decision_id=asked.id,
        )


def on_close_escalation(command: CloseEscalation, work: WorkingSet) -> Iterator[Event]:
    person = demand(work, command, "close-escalation")
    found = work.get(Escalation, escalation_id=command.escalation_id)
    if found is None or found.customer_id != command.customer_id:
        hint = "what is open: GET /v1/collections/escalations"
        raise Refused("unknown-escalation", f"there is no escalation {command.escalation_id}", hint, 404)
    if found.closed_at is not None:
        hint = "nothing is to be done; what is open: GET /v1/collections/escalations"
        raise Refused("already-closed", f"{found.escalation_id} was closed by {found.closed_by}", hint)
    work.put(replace(found, closed_at=work.at, closed_by=person))
    note(work, command.customer_id, "escalation-closed", found.escalation_id, command.note or found.text)
    yield from ()
