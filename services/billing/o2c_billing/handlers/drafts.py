"""A person looks at a withheld draft: it is checked again, less what that person may let pass."""

from collections.abc import Iterator

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.event import Event

from o2c_billing.commands import ReleaseInvoice
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge

from .invoicing import settled
from .matrix import actor, authorised


def on_release_invoice(event: ReleaseInvoice, work: WorkingSet) -> Iterator[Event]:
    """Refused, with what still stops it, when nothing goes out."""
    whose = {"customer_id": event.customer_id, "draft_id": event.draft_id}
    draft = work.get(Draft, **whose)
    if draft is None:
        raise Refused("unknown-draft", f"{event.draft_id} is not known", status=404)
    if draft.status != "withheld":
        raise Refused("not-withheld", f"{event.draft_id} is {draft.status}")
    passed = [r.row for r in draft.why if authorised("release-invoice", event.roles, work, r.row)]
    released = draft.let_pass(passed, actor(work))
    charges = [c for c in work.find(Charge, **whose) if c.is_open]
    told = list(settled(charges, draft.origin, work, released))
    if not any(isinstance(e, InvoiceIssued) for e in told):
        now = work.get(Draft, **whose) or draft
        left = "; ".join(r.text for r in now.why)
        raise Refused("still-withheld", f"it may not go out: {left}", f"it is with {now.owner}", 403)
    yield from told
