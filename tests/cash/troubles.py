"""One payment of each kind that a person must look at, and what answers it."""

from datetime import timedelta

from o2c_cash.commands import AllocatePayment, AllocationLine, ApproveRequest, PutOnAccount, RequestRefund
from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.refunds import Refund
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.testing import Rig, of
from o2c_contracts.documents import content_of, namesake
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalRequested

from tests.cash.scenes import NOON, advised, invoice, paid, registered, rig, sent_back

LEAD, MANAGER = ("cash_lead",), ("ar_manager",)
LATER = NOON + timedelta(days=10)
AGAIN = paid("P-twice", 6_000, "kim")
TWICE = namesake("P-twice", "test", content_of(AGAIN))
"""What Kim's second receipt is called."""


def troubled() -> Rig:
    """Of each kind one, by the tenth day: its level is what happened."""
    world = rig()
    unclear(world)
    unlike(world)
    unrefunded(world)
    world.tell(invoice("B-1", 10_000, "bob"), paid("P-late", 10_000, "bob", reference="B-9"))
    world.tell(paid("P-nobody", 7_000, None, account="DE99"))
    world.until(LATER)
    return world


def unclear(world: Rig) -> None:
    """Kim's receipt is told otherwise; of Joe's, more is taken back than came."""
    world.tell(paid("P-twice", 5_000, "kim"), AGAIN)
    world.tell(paid("P-back", 5_000, "joe"), sent_back("R-back", "P-back", 9_000, "joe"))


def unlike(world: Rig) -> None:
    """Eve's money was applied by its amount; her advice says another item."""
    world.tell(invoice("E-1", 10_000, "eve"), invoice("E-2", 11_000, "eve"), paid("P-unlike", 10_000, "eve"))
    world.tell(advised("A-unlike", {"E-2": 10_000}, "eve", payment_id="P-unlike"))


def unrefunded(world: Rig) -> None:
    """Ada's credit shall go back, and the treasury cannot be reached."""
    world.tell(registered("ada"), paid("P-refund", 50_000))
    keep = PutOnAccount(customer_id="ada", payment_id="P-refund", amount_minor=50_000, roles=LEAD)
    world.command("cash", keep, "kim")
    refund(world, fails=True)


def refund(world: Rig, *, fails: bool = False) -> list[Event]:
    """Asked for and agreed to."""
    wanted = RequestRefund(customer_id="ada", payment_id="P-refund", amount_minor=20_000, reason="overpaid", roles=LEAD)
    [asked] = of(world.command("cash", wanted, "kim"), ApprovalRequested)
    world.undeliverable = {r.refund_id for r in world.rows("cash", Refund) if r.status == "requested" and fails}
    return world.command("cash", ApproveRequest(customer_id="ada", approval_id=asked.approval_id, roles=MANAGER), "lee")


def allocate(world: Rig, payment_id: str, customer: str, **lines: int) -> list[Event]:
    """`E_2=100` stands for the invoice E-2."""
    said = tuple(AllocationLine(invoice_number=n.replace("_", "-"), amount_minor=a) for n, a in lines.items())
    command = AllocatePayment(customer_id=customer, payment_id=payment_id, lines=said, roles=LEAD)
    return world.command("cash", command, "kim")


def kept(world: Rig, level: str) -> Escalation:
    [found] = world.rows("cash", Escalation, level=level)
    return found


def acknowledge(
    world: Rig, escalation: Escalation, who: str = "kim", role: str = "cash_lead", customer: str | None = None
) -> list[Event]:
    whose = customer or escalation.customer_id or "ada"
    command = AcknowledgeEscalation(customer_id=whose, escalation_id=escalation.escalation_id, roles=(role,))
    return world.command("cash", command, who)
