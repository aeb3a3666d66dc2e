"""Asking for an approval: the sum of what the same people asked for or agreed to within the window decides the band."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from o2c_chassis.approvals import Approval, requested, steps_in, steps_of
from o2c_chassis.bands import Band, requested_band
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event

APPROVAL = "approval"
"""The deadline of an approval."""
TABLE = "cash/approvals"


def request(work: WorkingSet, approval: Approval, band: Band) -> Iterator[Event]:
    """Keep it and tell who must agree. Refused where nobody may."""
    approval, asked = requested_band(approval, band, work)
    hours, steps = asked["expiry_hours"], steps_in(str(asked["steps"] or ""))
    if not steps or not isinstance(hours, int):
        raise Refused("not-approvable", " ".join(asked.because) or "nobody may approve this", status=422)
    approval = replace(approval, steps=steps_of(steps), expires_at=work.at + timedelta(hours=hours))
    work.put(approval)
    work.arm(APPROVAL, approval.approval_id, approval.expires_at, customer_id=approval.customer_id)
    yield requested(approval, asked.id)
