"""What the rule tables may ask about: the whole fact sheet of each kind of decision. Ids and amounts, no names."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from o2c_contracts.disputes import CreditRequested
from o2c_contracts.intake import DeliveryConfirmed
from o2c_contracts.money import to_amount
from o2c_rules.rulebook import Facts

from .commands import RequestCreditNote
from .domain.bills import Bill
from .domain.charges import DELIVERY, Charge, as_told, delivered
from .domain.contracts import Schedule
from .domain.credits import Request
from .domain.customers import Customer
from .domain.invoices import Invoice


def tax(charge: Charge, customer: Customer, seller_country: str) -> Facts:
    """Of one line; the version of the table is chosen by its tax point."""
    return {
        "legal_entity": charge.legal_entity,
        "currency": charge.currency,
        "contract_id": charge.contract_id,
        "tax_code": charge.tax_code,
        "seller_country": seller_country,
        "buyer_country": customer.country or None,
        "buyer_has_tax_id": bool(customer.tax_id),
        "tax_point": charge.service_from,
    }


def prebill(bill: Bill, today: date, entity_known: bool) -> Facts:
    """Of a whole invoice before it goes out. `total`: in whole units of the currency, to compare what it comes to."""
    total_minor = bill.net_minor + sum(t.tax_minor for t in bill.taxes) if bill.is_taxed else None
    return {
        "legal_entity": bill.draft.legal_entity if entity_known else None,
        "legal_entity_known": entity_known,
        "currency": bill.draft.currency,
        "contract_id": bill.charges[0].contract_id,
        "origin": bill.draft.origin,
        "line_count": len(bill.charges),
        "lowest_line_minor": min(c.net_minor for c in bill.charges),
        "net_minor": bill.net_minor,
        "total_minor": total_minor,
        "total": None if total_minor is None else to_amount(total_minor, bill.draft.currency),
        "oldest_service_days": max((today - c.service_from).days for c in bill.charges),
        "days_ahead": max([0, *((c.service_from - today).days for c in bill.charges if c.kind == DELIVERY)]),
        "cancellation_requested": any(c.cancel_requested for c in bill.charges),
        "tax_undetermined": not bill.is_taxed,
        "mixes_outside_scope": bill.mixes_outside_scope,
        **_buyer(bill),
        **_order(bill),
        **_contract(bill),
        **_delivered(bill),
    }


def told_again(event: DeliveryConfirmed, before: Sequence[Charge]) -> Facts:
    """Of a delivery whose number was charged before: is it the same? Orders compares the same facts."""
    first = before[0]
    return {
        "legal_entity": first.legal_entity,
        "contract_id": first.contract_id,
        "currency": first.currency,
        "same_order": event.order_id == first.order_id,
        "same_day": event.delivered_on == first.service_from,
        "same_lines": as_told(delivered(event, None, ())) == as_told(before),
        "same_money": (event.legal_entity, event.currency) == (first.legal_entity, first.currency),
    }


def credit_check(
    event: CreditRequested | RequestCreditNote | Request, invoice: Invoice | None, creditable_minor: int
) -> Facts:
    """Of a credit that is asked for: may it be asked for at all?"""
    return {
        "customer_id": event.customer_id,
        "legal_entity": invoice.legal_entity if invoice else None,
        "currency": invoice.currency if invoice else None,
        "contract_id": invoice.contract_id if invoice else None,
        "invoice_known": invoice is not None,
        "same_customer": invoice is not None and invoice.customer_id == event.customer_id,
        "same_money": invoice is not None
        and getattr(event, "currency", invoice.currency) == invoice.currency
        and getattr(event, "legal_entity", invoice.legal_entity) == invoice.legal_entity,
        "amount_minor": event.amount_minor,
        "creditable_minor": creditable_minor,
        "reason": event.reason,
    }


def approval(request: Request, contract_id: str | None, customer: Customer, window_minor: int) -> Facts:
    """Of something that people may have to approve. `amount_minor`: with what the same person asked for before.

    `contract_id`: of the invoice or charge; what was asked for before may be of others.
    """
    return {
        "action": request.action,
        "legal_entity": request.legal_entity,
        "currency": request.currency,
        "contract_id": contract_id,
        "amount_minor": request.amount_minor + window_minor,
        "own_minor": request.amount_minor,
        "reason": request.reason,
        "risk_class": customer.risk_class or None,
        "country": customer.country or None,
        "requested_by": request.requested_by,
    }


def _buyer(bill: Bill) -> dict[str, Any]:
    customer = bill.customer
    return {
        "customer_known": customer.known,
        "country": customer.country or None,
        "risk_class": customer.risk_class or None,
        "purchase_order_missing": customer.purchase_order_needed and any(not o.purchase_order for o in bill.orders),
    }


def _order(bill: Bill) -> dict[str, Any]:
    orders = {o.order_id: o for o in bill.orders}
    stopped = [orders[c.order_id] for c in bill.charges if c.order_id in orders]
    return {
        "order_unknown": bill.missing_orders,
        "order_held": any(o.status == "held" for o in bill.orders),
        "order_rejected": any(o.status == "rejected" for o in bill.orders),
        "delivered_after_cancellation": any(
            o.cancelled_on is not None and c.service_to > o.cancelled_on
            for c, o in zip([c for c in bill.charges if c.order_id in orders], stopped, strict=True)
        ),
        "order_line_unknown": any(c.how["by"] == "as-delivered" and c.order_id in orders for c in bill.charges),
        "same_money_as_order": all(
            (o.legal_entity, o.currency) == (bill.draft.legal_entity, bill.draft.currency) for o in bill.orders
        ),
    }


def _contract(bill: Bill) -> dict[str, Any]:
    contract = bill.contract
    if contract is None:
        return {
            "contract_known": False,
            "contract_kind": None,
            "after_contract_end": False,
            "same_money_as_contract": True,
        }
    last = Schedule(contract).last_day
    return {
        "contract_known": True,
        "contract_kind": contract.kind,
        "after_contract_end": any(c.service_from > last for c in bill.charges),
        "same_money_as_contract": (contract.legal_entity, contract.currency)
        == (bill.draft.legal_entity, bill.draft.currency),
    }


def _delivered(bill: Bill) -> dict[str, Any]:
    differences = bill.price_differences
    return {
        "over_ordered_quantity": bill.most_over_ordered,
        "price_off_minor": max((minor for minor, _ in differences), default=0),
        "price_off_percent": max((share for _, share in differences), default=Decimal(0)),
    }
