"""What stands on a document that goes to a customer: plain values out of rows and tables, rendered elsewhere."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceLine, TaxPart
from o2c_rules.entities import entity
from o2c_rules.rulebook import Facts

from o2c_billing.domain.bills import Bill
from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.customers import Customer
from o2c_billing.domain.invoices import Dates, Invoice, IssuedDocument, as_lines

Content = dict[str, Any]


def invoice_content(bill: Bill, invoice: Invoice, when: Dates, work: WorkingSet) -> Content:
    """Everything that stands on an invoice."""
    wordings = sorted({t.wording for _, t in bill.taxed if t.wording})
    return {
        **_both(invoice, bill.customer, as_lines(bill.charges), work),
        "issued_on": when.issued_on.isoformat(),
        "due_on": when.due_on.isoformat(),
        "purchase_order": invoice.purchase_order,
        "external_ref": invoice.external_ref,
        "discount_percent": None if when.discount_percent is None else format(when.discount_percent, "f"),
        "discount_until": when.discount_until.isoformat() if when.discount_until else None,
        "wordings": wordings,
        "mentions": _mentions("invoice", invoice, bill.customer, when.discount_until is not None, work),
    }


def credit_note_content(note: CreditNote, invoice: Invoice, customer: Customer, work: WorkingSet) -> Content:
    """Everything that stands on a credit note; it names the invoice that it credits."""
    return {
        **_both(note, customer, note.credited_lines, work),
        "issued_on": note.issued_on.isoformat(),
        "credits_invoice": invoice.invoice_number,
        "credits_issued_on": invoice.issued_on.isoformat(),
        "purchase_order": invoice.purchase_order,
        "external_ref": invoice.external_ref,
        "wordings": [],
        "mentions": _mentions("credit-note", note, customer, False, work),
    }


def sent(kind: str, content: Content, customer: Customer, row: Invoice | CreditNote, work: WorkingSet) -> None:
    """Keep the document as it is, and queue it for the customer's channel."""
    written = json.dumps(content, sort_keys=True, ensure_ascii=False)
    work.put(IssuedDocument(row.number, kind, row.customer_id, row.legal_entity, row.currency, written))
    sheet: Facts = {
        "document": kind,
        "legal_entity": row.legal_entity,
        "contract_id": row.contract_id,
        "country": customer.country or None,
        "has_email": bool(customer.email),
    }
    channel = work.ask("billing/channels", sheet, subject=row.number)["channel"]
    address = customer.email if channel == "email" else ""
    work.deliver(kind, row.number, {**content, "channel": channel, "address": address}, customer_id=row.customer_id)


def _both(row: Invoice | CreditNote, customer: Customer, lines: Iterable[InvoiceLine], work: WorkingSet) -> Content:
    return {
        "kind": "invoice" if isinstance(row, Invoice) else "credit-note",
        "number": row.number,
        "language": customer.language,
        "currency": row.currency,
        "seller": _seller(row, work),
        "buyer": {
            "name": customer.name,
            "address": customer.address_lines,
            "country": customer.country,
            "tax_id": customer.tax_id,
        },
        "lines": [_line(line) for line in lines],
        "taxes": [_tax(part) for part in row.parts],
        "net_minor": row.net_minor,
        "tax_minor": row.tax_minor,
        "total_minor": row.total_minor,
    }


def _seller(row: Invoice | CreditNote, work: WorkingSet) -> Mapping[str, Any]:
    sheet: Facts = {"legal_entity": row.legal_entity, "contract_id": row.contract_id}
    asked = work.ask("billing/sellers", sheet, subject=row.number)
    names = ("name", "address", "tax_id", "account", "bank_code", "contact")
    return {name: asked[name] or "" for name in names}


def _mentions(
    kind: str, row: Invoice | CreditNote, customer: Customer, has_discount: bool, work: WorkingSet
) -> list[str]:
    """What the law of the seller's country wants to be said, in the customer's language."""
    sheet: Facts = {
        "document": kind,
        "seller_country": entity(work.book, row.legal_entity).country,
        "legal_entity": row.legal_entity,
        "contract_id": row.contract_id,
        "language": customer.language,
        "currency": row.currency,
        "has_discount": has_discount,
    }
    asked = work.ask("billing/letters", sheet, subject=row.number, on=row.issued_on)
    return [str(said.outcome["mention"]) for said in asked.rows]


def _line(line: InvoiceLine) -> Content:
    return {
        "description": line.description or line.product,
        "quantity": format(line.quantity, "f"),
        "unit_price": format(line.unit_price, "f"),
        "net_minor": line.net_minor,
        "from": line.service_from.isoformat() if line.service_from else None,
        "to": line.service_to.isoformat() if line.service_to else None,
    }


def _tax(part: TaxPart) -> Content:
    return {
        "category": part.category,
        "rate_percent": format(part.rate_percent, "f"),
        "base_minor": part.base_minor,
        "tax_minor": part.tax_minor,
    }
