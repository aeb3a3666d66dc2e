"""Who is invoiced, how and in which language. The newest word of master data; holds personal data."""

import json
from dataclasses import dataclass, replace

from o2c_contracts.master import CustomerChanged, CustomerRegistered, Instructions


@dataclass(frozen=True, slots=True)
class Customer:
    """The buyer as its documents name it. A row may exist before the customer is registered."""

    customer_id: str
    known: bool = False
    name: str = ""
    country: str = ""
    language: str = "en"
    email: str = ""
    address: str = "[]"
    """JSON: the lines of the postal address."""
    tax_id: str = ""
    risk_class: str = ""
    purchase_order_needed: bool = False
    invoice_rhythm: str = "at_once"
    billing_day: int | None = None

    @property
    def is_monthly(self) -> bool:
        """Invoiced once a month on its billing day, instead of with each delivery."""
        return self.known and self.invoice_rhythm == "monthly"

    @property
    def invoicing_day(self) -> int:
        """Day of the month; without a wish of the customer it is the last, when the month's deliveries are complete."""
        return self.billing_day or 31

    @property
    def address_lines(self) -> list[str]:
        return [str(line) for line in json.loads(self.address)]

    def register(self, event: CustomerRegistered) -> "Customer":
        """All of it from scratch."""
        known = Customer(
            self.customer_id,
            known=True,
            name=event.name,
            country=event.country,
            language=event.language,
            email=event.email or "",
            address=json.dumps(event.address),
            tax_id=event.tax_id or "",
            risk_class=event.risk_class,
        )
        return _instructed(known, event.instructions)

    def change(self, event: CustomerChanged) -> "Customer":
        """Only what is given."""
        names = ("name", "country", "language", "email", "tax_id", "risk_class")
        given = {name: value for name in names if (value := getattr(event, name)) is not None}
        if event.address is not None:
            given["address"] = json.dumps(event.address)
        changed = replace(self, **given)
        return changed if event.instructions is None else _instructed(changed, event.instructions)


def _instructed(customer: Customer, instructions: Instructions) -> Customer:
    return replace(
        customer,
        purchase_order_needed=instructions.purchase_order_needed,
        invoice_rhythm=instructions.invoice_rhythm,
        billing_day=instructions.billing_day,
    )
