"""Who must agree before an effect: n of m distinct people in the roles that the matrix names, in time, to this content.

The matrix itself is a rule table; the service that executes the effect owns the approval and its row.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from o2c_contracts.shared import ApprovalGranted, ApprovalRequested, ApprovalStep

from .errors import Refused


@dataclass(frozen=True, slots=True)
class Approval:
    """A request and who has agreed so far."""

    approval_id: str
    customer_id: str
    action: str
    document_id: str
    legal_entity: str
    currency: str
    amount_minor: int
    reason: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    steps: str
    """JSON: [[role, count], …]; each count wants distinct people."""
    payload_hash: str
    approvers: str = "[]"
    """JSON: [[person, role, on behalf of or null], …] in the order in which they agreed."""
    status: str = "open"
    """open, granted, refused, expired, voided."""
    concerns: str = ""
    """The invoice, charge or order that it is about, where `document_id` is a request's own."""
    counts_with: str = ""
    """What the matrix calls requests that add up with it; empty: those of the same reason do."""

    @property
    def told(self) -> dict[str, Any]:
        """What every event about an approval says."""
        return {
            "customer_id": self.customer_id,
            "legal_entity": self.legal_entity,
            "currency": self.currency,
            "approval_id": self.approval_id,
            "action": self.action,
            "document_id": self.document_id,
            "amount_minor": self.amount_minor,
            "requested_by": self.requested_by,
        }

    @property
    def wanted(self) -> list[tuple[str, int]]:
        return [(role, count) for role, count in json.loads(self.steps)]

    @property
    def agreed(self) -> list[tuple[str, str, str | None]]:
        return [(person, role, behalf) for person, role, behalf in json.loads(self.approvers)]

    @property
    def missing(self) -> dict[str, int]:
        """Role -> how many people of it are still wanted."""
        have = [role for _, role, _ in self.agreed]
        left = {role: count - have.count(role) for role, count in self.wanted}
        return {role: count for role, count in left.items() if count > 0}


def payload_hash(content: Mapping[str, Any]) -> str:
    """What an approval is bound to: any change of the content gives another hash."""
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def steps_in(written: str) -> list[tuple[str, int]]:
    """How a matrix writes its steps: `controller cfo:2` is one controller and two people of the role cfo."""
    parts = [step.partition(":") for step in written.split()]
    return [(role, int(count or "1")) for role, _, count in parts]


def steps_of(steps: Sequence[tuple[str, int]]) -> str:
    return json.dumps([[role, count] for role, count in steps])


def requested(approval: Approval, decision_id: str) -> ApprovalRequested:
    """What is told when people are asked. `decision_id`: of the matrix's answer."""
    return ApprovalRequested(
        **approval.told,
        steps=tuple(ApprovalStep(role=role, count=count) for role, count in approval.wanted),
        reason=approval.reason,
        concerns=approval.concerns or None,
        payload_hash=approval.payload_hash,
        expires_at=approval.expires_at,
        decision_id=decision_id,
    )


def granted(approval: Approval) -> ApprovalGranted:
    return ApprovalGranted(**approval.told, approved_by=tuple(person for person, _, _ in approval.agreed))


def approve(approval: Approval, person: str, roles: Sequence[str], behalf: str | None, now_hash: str) -> Approval:
    """One more person agrees; granted when nobody is missing. Refuses who may not, and says why.

    `behalf`: for whom a substitute acts; both count as having spoken. `now_hash`: of the content as it is now.
    """
    if approval.status != "open":
        raise Refused("approval-not-open", f"{approval.approval_id} is {approval.status}")
    if now_hash != approval.payload_hash:
        raise Refused("payload-changed", "what was to be approved has changed since", "request the approval again")
    if approval.requested_by in (person, behalf):
        text = f"{approval.requested_by} requested this and may not approve it"
        raise Refused("own-request", text, "who is still wanted: o2c approvals list", 403)
    spoken = {name for who, _, on_behalf in approval.agreed for name in (who, on_behalf) if name}
    if spoken & {person, behalf}:
        raise Refused("already-approved", f"{person} has already agreed; another person is wanted", status=403)
    missing = approval.missing
    role = next((r for r in missing if r in roles), None)
    if role is None:
        hint = f"still wanted: {', '.join(f'{count} of {r}' for r, count in missing.items())}"
        raise Refused("no-authority", f"{person} has none of the roles that are still wanted", hint, 403)
    after = replace(approval, approvers=json.dumps([*approval.agreed, (person, role, behalf)]))
    return after if after.missing else replace(after, status="granted")


def refuse(approval: Approval, person: str, roles: Sequence[str]) -> Approval:
    """One person of a role that was asked says no; the requester may take the request back the same way."""
    if approval.status != "open":
        raise Refused("approval-not-open", f"{approval.approval_id} is {approval.status}")
    if person != approval.requested_by and not any(role in roles for role, _ in approval.wanted):
        raise Refused("no-authority", f"{person} has none of the roles that were asked", status=403)
    return replace(approval, status="refused")


def end(approval: Approval, status: str) -> Approval:
    """`expired` when its time has come, `voided` when its content changed; nothing to an approval that has ended."""
    return replace(approval, status=status) if approval.status == "open" else approval
