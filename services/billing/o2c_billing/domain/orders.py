"""Orders as billing needs them: whether they may be invoiced, and what each line comes to."""

from dataclasses import dataclass, replace
from datetime import date

from o2c_contracts.intake import Ordered, OrderLine

from .written import read, written


@dataclass(frozen=True, slots=True)
class Order:
    """The newest word of orders about an order."""

    order_id: str
    customer_id: str
    legal_entity: str
    currency: str
    status: str
    """accepted, held, rejected, cancelled."""
    contract_id: str | None = None
    lines: str = "[]"
    """JSON: the OrderLines."""
    purchase_order: str | None = None
    external_ref: str | None = None
    cancelled_on: date | None = None
    """What was delivered up to this day is still owed."""

    @classmethod
    def placed(cls, event: Ordered, status: str) -> "Order":
        """As orders describes it now."""
        return cls(
            event.order_id,
            event.customer_id,
            event.legal_entity,
            event.currency,
            status,
            event.contract_id,
            written(event.lines),
            event.purchase_order,
            event.external_ref,
        )

    @property
    def order_lines(self) -> tuple[OrderLine, ...]:
        return read(OrderLine, self.lines)

    def line(self, line_id: str) -> OrderLine | None:
        return next((line for line in self.order_lines if line.line_id == line_id), None)

    def reject(self) -> "Order":
        return replace(self, status="rejected")

    def cancel(self, on: date) -> "Order":
        return replace(self, status="cancelled", cancelled_on=on)
