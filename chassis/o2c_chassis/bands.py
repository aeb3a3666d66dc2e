"""Which band of a matrix a request meets: what the same people asked for or agreed to within its window adds up.

Whoever splits a sum into small ones, alone or with a colleague who agrees to the other's, meets the band of the whole.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from o2c_contracts.shared import ApprovalRequested
from o2c_rules.values import Facts

from .approvals import Approval, requested, steps_in, steps_of
from .errors import Refused
from .working_set import Asked, WorkingSet

Band = Callable[[int], Asked]
"""The matrix's answer to a request, given the minor units that count besides."""


def band_of(table: str, subject: str, sheet: Callable[[int], Facts], work: WorkingSet) -> Band:
    """`sheet`: the facts of the request, given the minor units that count besides."""
    return lambda besides_minor: work.ask(table, sheet(besides_minor), subject=subject)


def requested_band(approval: Approval, band: Band, work: WorkingSet) -> tuple[Approval, Asked]:
    """The answer for the sum that decides, and the approval with the name under which later requests count with it."""
    alone = band(0)
    name = alone.decision.outcome.get("counts_with")  # A matrix released before there was such a column has none.
    approval = replace(approval, counts_with=str(name or ""))
    besides = _besides(approval, {approval.requested_by}, alone, work)
    return approval, band(besides) if besides else alone


def raised(
    approval: Approval, people: Collection[str], band: Band, work: WorkingSet
) -> tuple[Approval, ApprovalRequested | None]:
    """With the steps of the higher band, where these people's agreement would split a sum; and what is told of that.

    `people`: who agrees, and on whose behalf. Refused where nobody may grant the whole.
    """
    if not any(_among(other, people) for other in _others(approval, work)):
        return approval, None
    alone = band(0)
    own = _besides(approval, {approval.requested_by}, alone, work)
    all_of_it = _besides(approval, {approval.requested_by, *people}, alone, work)
    if own == all_of_it:
        return approval, None
    before, after = band(own), band(all_of_it)
    if [row.id for row in before.rows] == [row.id for row in after.rows]:
        return approval, None
    steps = steps_in(str(after["steps"] or ""))
    if not steps:
        why = " ".join(after.because) or "nobody may grant the whole"
        raise Refused("not-approvable", why, "who has neither asked for nor agreed to the rest may agree to this", 403)
    more = replace(approval, steps=steps_of(steps))
    return more, requested(more, after.id)


def _besides(approval: Approval, people: Collection[str], alone: Asked, work: WorkingSet) -> int:
    days = alone["window_days"]
    since = work.at - timedelta(days=int(str(days)) if days is not None else 0)
    return within_window(_others(approval, work), approval, people, since)


def within_window(others: Iterable[Approval], like: Approval, people: Collection[str], since: datetime) -> int:
    """Minor units asked for since then that count with this one; refused ones, expired and voided ones do not."""
    return sum(
        a.amount_minor
        for a in others
        if (a.action, a.currency, a.counts_with or a.reason)
        == (like.action, like.currency, like.counts_with or like.reason)
        and a.requested_at >= since
        and _among(a, people)
    )


def _others(approval: Approval, work: WorkingSet) -> list[Approval]:
    return [
        a
        for a in work.find(Approval, customer_id=approval.customer_id)
        if a.approval_id != approval.approval_id and a.status in ("open", "granted")
    ]


def _among(approval: Approval, people: Collection[str]) -> bool:
    """One of them has asked for it or agreed to it, or somebody did on their behalf."""
    spoken = {name for who, _, behalf in approval.agreed for name in (who, behalf) if name}
    return not spoken.union({approval.requested_by}).isdisjoint(people)
