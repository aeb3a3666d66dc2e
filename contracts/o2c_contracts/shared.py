"""What every service tells on its own topic: approvals, escalations, blocked customers, rule bundles, chain heads."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from .event import CustomerEvent, Event, MoneyEvent, Part
from .fields import Due, Id, Line, Word


class ApprovalStep(Part):
    """So many distinct people of one role."""

    role: Word
    count: Annotated[int, Field(ge=1, le=9)] = 1


class ApprovalEvent(MoneyEvent):
    approval_id: Id
    action: Word
    """What is to be approved: `credit-note`, `order-release`, `write-off`."""
    document_id: Id
    amount_minor: Due
    requested_by: Id

    @property
    def subject(self) -> str:
        return self.approval_id


class ApprovalRequested(ApprovalEvent):
    """People must decide before the effect: which roles, how many, until when, bound to which content."""

    steps: tuple[ApprovalStep, ...]
    reason: Word
    concerns: Id | None = None
    """The invoice, charge or order that it is about, where `document_id` is a request's own."""
    payload_hash: Id
    expires_at: AwareDatetime
    decision_id: Id | None = None


class ApprovalGranted(ApprovalEvent):
    """Everybody who must has agreed."""

    approved_by: tuple[Id, ...]


class ApprovalRefused(ApprovalEvent):
    """One person said no, and that is the end of it."""

    refused_by: Id
    comment: Line = ""


class ApprovalExpired(ApprovalEvent):
    """Nobody decided in time."""


class ApprovalVoided(ApprovalEvent):
    """What was to be approved changed: whoever agreed, agreed to something else."""

    reason: Line


class EscalationRaised(MoneyEvent):
    """A limit of time or patience was reached: who hears of it."""

    escalation_id: Id
    document_id: Id
    level: Word
    """Share of the target, or the step's name: `80`, `100`, `promise-broken`."""
    to: Word
    text: Line
    decision_id: Id | None = None

    @property
    def subject(self) -> str:
        return self.escalation_id


class CustomerBlocked(CustomerEvent):
    """An event of this customer could not be handled: what came later waits, in order, until it is mended."""

    must_know = True
    service: Word
    parked_id: Id
    reason: Line


class CustomerUnblocked(CustomerEvent):
    """What waited was taken up."""

    must_know = True
    service: Word


class ServiceEvent(Event):
    service: Word

    @property
    def key(self) -> str:
        return f"s:{self.service}"


class BundleActivated(ServiceEvent):
    """From this point of the service's own log on, this bundle of rule files decides."""

    bundle: Id
    effective_from: AwareDatetime


class ChainAnchored(ServiceEvent):
    """Heads of the decision chains, told daily so that nobody can rewrite them unseen."""

    heads: dict[str, str]
    """Chain -> `seq:hash`."""
