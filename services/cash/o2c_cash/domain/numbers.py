"""Which document is meant by a number: every gateway gives its own, so a number alone names none of them."""

from dataclasses import replace
from typing import TypeVar

from o2c_contracts.documents import namesake
from o2c_contracts.event import payer_key

from .payments import Payment, PaymentReturn, Remittance

Document = Payment | Remittance | PaymentReturn
D = TypeVar("D", Payment, Remittance, PaymentReturn)


def kind_of(document: Document) -> tuple[str, str]:
    """What it is called in PaymentIdentified, and its id."""
    if isinstance(document, Payment):
        return "payment", document.payment_id
    if isinstance(document, Remittance):
        return "remittance", document.remittance_id
    return "return", document.return_id


def one_gateway(document: Document, other: Document) -> bool:
    """Whether both were numbered by the same; what is from before gateways were told apart may be anybody's."""
    return document.source == other.source or None in (document.source, other.source)


def repeats(document: Document, kept: Document) -> bool:
    """Whether it says what a kept document of its gateway and number says."""
    return document.content == kept.content if kept.content else document.says == kept.says


def named_apart(document: D, *, doubted: bool) -> D:
    """Under a name of its own, as another document has its number."""
    number = document.number
    name = namesake(number, document.source or "", document.content or "")
    if isinstance(document, Payment):
        return replace(document, payment_id=name, namesake_of=number, doubted=doubted)
    if isinstance(document, Remittance):
        return replace(document, remittance_id=name, namesake_of=number)
    return replace(document, return_id=name, namesake_of=number, doubted=doubted)


def same_payer(document: Remittance | PaymentReturn, payment: Payment) -> bool:
    """The customer or the account that both came from."""
    known = document.customer_id is not None and document.customer_id == payment.customer_id
    return known or document.origin_key == payment.origin_key


def tells_of(document: Remittance | PaymentReturn, payment: Payment) -> bool:
    """Whether an advice or a return that names this payment's number can mean it: it is its gateway's, its payer's or
    nobody's in particular; or it uses the name that only this payment has."""
    nobodys = document.origin_key == payer_key(None, document.number)
    by_name = payment.namesake_of is not None and document.payment_id == payment.payment_id
    return by_name or nobodys or one_gateway(document, payment) or same_payer(document, payment)
