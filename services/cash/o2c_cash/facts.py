"""What the rules of cash may ask about: the whole fact sheet of each kind of decision."""

from collections.abc import Sequence
from datetime import date

from o2c_rules.values import Facts

from o2c_cash.domain.claims import Claim, Found
from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.payments import Payment

Sheet = dict[str, str | int | bool | date | None]


def matching(payment: Payment, claim: Claim, found: Found | None, *, waited: bool) -> Sheet:
    """Of deciding what a payment pays."""
    return {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "contract_id": claim.contract_id,
        "payment_id": payment.payment_id,
        "customer_id": payment.customer_id or "",
        "amount_minor": payment.unapplied_minor,
        "value_date": payment.value_date,
        "named": claim.named,
        "state": claim.state,
        "named_items": len(claim.lines),
        "missing_names": len(claim.missing),
        "difference_minor": payment.unapplied_minor - claim.claimed_minor,
        "waited": waited,
        "doubted": payment.doubted,
        "open_items": len(found.items) if found else 0,
        "decided": found.explanations.decided if found else True,
        "exact": found.count if found else 0,
        "exact_items": found.size if found else 0,
        "looked_near": False,
        "near": 0,
        "near_items": 0,
        "near_tolerated": False,
    }


def near(found: Found, *, tolerated: bool) -> Sheet:
    """What looking within a window around the amount adds to it."""
    return {
        "looked_near": True,
        "decided": found.explanations.decided,
        "near": found.count,
        "near_items": found.size,
        "near_tolerated": tolerated,
    }


def discount(item: OpenItem, payment: Payment, *, disputed: bool) -> Facts:
    """Of granting an early-payment discount: `item` after the payment."""
    late = (payment.value_date - item.discount_until).days if item.discount_until else None
    return {
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "contract_id": item.contract_id,
        "invoice_number": item.invoice_number,
        "value_date": payment.value_date,
        "days_late": late,
        "posted_after_days": (payment.received_on - payment.value_date).days,
        "total_minor": item.total_minor,
        "offered_minor": item.offered_discount_minor,
        "shortfall_minor": item.open_minor,
        "disputed": disputed,
    }


def residual(item: OpenItem, residual_minor: int, *, disputed: bool, month_minor: int) -> Facts:
    """Of giving up what is left of an item; negative: of what was paid beyond it."""
    return {
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "contract_id": item.contract_id,
        "document_id": item.invoice_number,
        "sign": "short" if residual_minor > 0 else "over",
        "residual_minor": abs(residual_minor),
        "base_minor": item.total_minor,
        "disputed": disputed,
        "used": item.tolerated_minor > 0,
        "month_minor": month_minor,
    }


def excess(payment: Payment) -> Facts:
    """Of what a payment has left after everything it was meant for."""
    return {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "document_id": payment.payment_id,
        "sign": "over",
        "residual_minor": payment.unapplied_minor or payment.on_account_minor,
        "base_minor": payment.amount_minor,
        "disputed": False,
        "used": False,
        "month_minor": 0,
    }


def short_payment(item: OpenItem, payment: Payment) -> Facts:
    """Of coding what is missing: `item` after the payment."""
    return {
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "contract_id": item.contract_id,
        "invoice_number": item.invoice_number,
        "payment_id": payment.payment_id,
        "short_minor": item.open_minor,
        "total_minor": item.total_minor,
        "tax_minor": item.tax_minor,
        "offered_minor": item.offered_discount_minor,
        "days_late": (payment.value_date - item.discount_until).days if item.discount_until else None,
    }


def identification(document_kind: str, document_id: str, owners: Sequence[str], purse: tuple[str, str]) -> Facts:
    """Of naming the payer of something that came without a customer."""
    return {
        "legal_entity": purse[0],
        "currency": purse[1],
        "document_kind": document_kind,
        "document_id": document_id,
        "customers": len(owners),
    }


def number(kind: str, number: str, purse: tuple[str, str], *, same_gateway: bool, same_content: bool) -> Facts:
    """Of a document whose number is taken; `same_gateway`: by one that this document's gateway numbered."""
    return {
        "legal_entity": purse[0],
        "currency": purse[1],
        "document_kind": kind,
        "number": number,
        "same_gateway": same_gateway,
        "same_content": same_content,
    }


def refund(payment: Payment, amount_minor: int, owed_minor: int) -> Facts:
    """Of sending credit back at all; `owed_minor`: what the customer owes in the same money."""
    return {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "payment_id": payment.payment_id,
        "amount_minor": amount_minor,
        "owed_minor": owed_minor,
    }


def refund_approval(payment: Payment, amount_minor: int, besides_minor: int, reason: str) -> Facts:
    """Of who must agree that credit goes back; `besides_minor`: what counts with it within the window."""
    return {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "action": "refund",
        "invoice_number": None,
        "reason": reason,
        "own_minor": amount_minor,
        "amount_minor": amount_minor + besides_minor,
        "open_minor": payment.on_account_minor,
        "disputed": False,
    }


def write_off(item: OpenItem, amount_minor: int, besides_minor: int, reason: str, *, disputed: bool) -> Facts:
    """Of who must agree that an amount is given up; `besides_minor`: what counts with it within the window."""
    return {
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "contract_id": item.contract_id,
        "action": "write-off",
        "invoice_number": item.invoice_number,
        "reason": reason,
        "own_minor": amount_minor,
        "amount_minor": amount_minor + besides_minor,
        "open_minor": item.open_minor,
        "disputed": disputed,
    }
