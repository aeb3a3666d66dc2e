"""What people may ask of orders. Who may is a rule table, not a matter of these classes."""

from typing import ClassVar

from o2c_chassis.commands import Command
from o2c_contracts.fields import Day, Id, Line


class ReleaseOrder(Command):
    """Let a held order go ahead in spite of its reasons; above one's own authority this asks others to agree."""

    route: ClassVar[str] = "orders/{order_id}/release"
    order_id: Id
    reason: Line = ""

    @property
    def subject(self) -> str:
        return self.order_id


class EndContract(Command):
    """No more charges and no new orders after a day."""

    route: ClassVar[str] = "contracts/{contract_id}/end"
    contract_id: Id
    ends_on: Day
    reason: Line = ""

    @property
    def subject(self) -> str:
        return self.contract_id


class ApprovalCommand(Command):
    approval_id: Id
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.approval_id


class ApproveRequest(ApprovalCommand):
    """Agree to what was asked."""

    route: ClassVar[str] = "approvals/{approval_id}/approve"


class RefuseRequest(ApprovalCommand):
    """Say no, or take one's own request back; that ends it."""

    route: ClassVar[str] = "approvals/{approval_id}/refuse"
