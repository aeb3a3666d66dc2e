"""Asking for an approval: what the same person asked for within the window adds up, and the sum decides the band."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from o2c_chassis.approvals import Approval, requested, steps_in, steps_of, within_window
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_rules.values import Facts

APPROVAL = "approval"
"""The deadline of an approval."""


def request(work: WorkingSet, approval: Approval, sheet: Callable[[int], Facts]) -> Iterator[Event]:
    """Keep it and tell who must agree. `sheet`: of the amount that the band goes by. Refused where nobody may."""
    asked = _asked(work, approval, sheet)
    hours, steps = asked["expiry_hours"], steps_in(str(asked["steps"] or ""))
    if not steps or not isinstance(hours, int):
        raise Refused("not-approvable", " ".join(asked.because) or "nobody may approve this", status=422)
    approval = replace(approval, steps=steps_of(steps), expires_at=work.at + timedelta(hours=hours))
    work.put(approval)
    work.arm(APPROVAL, approval.approval_id, approval.expires_at, customer_id=approval.customer_id)
    yield requested(approval, asked.id)


def _asked(work: WorkingSet, approval: Approval, sheet: Callable[[int], Facts]) -> Asked:
    """Asked once for the window, then with what was asked for within it."""

    def ask(total_minor: int) -> Asked:
        return work.ask("cash/approvals", sheet(total_minor), subject=approval.approval_id)

    asked = ask(approval.amount_minor)
    days = asked["window_days"]
    since = work.at - timedelta(days=int(days) if isinstance(days, int) else 0)
    before = within_window(work.find(Approval, customer_id=approval.customer_id), approval, since)
    return ask(approval.amount_minor + before) if before else asked
