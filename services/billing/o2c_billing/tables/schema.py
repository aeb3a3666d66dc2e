"""The tables of billing. Columns stand in the order of their dataclass's fields; personal data is marked."""

from typing import Any

from o2c_chassis.approvals import Approval
from o2c_chassis.counters import Counter, counters
from o2c_chassis.service import Keeps
from o2c_chassis.tables import approvals
from o2c_contracts.postings import Posting
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, MetaData, Numeric, Table, Text, text

from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.contracts import Contract
from o2c_billing.domain.credits import CreditNote, Request
from o2c_billing.domain.customers import Customer
from o2c_billing.domain.escalations import Escalation
from o2c_billing.domain.invoices import Invoice, InvoicedLine, IssuedDocument
from o2c_billing.domain.orders import Order

metadata = MetaData()
PERSONAL = {"personal": True}


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **more)


def _minor(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _whose(*, customer_index: bool = True) -> tuple[Column[str], Column[str], Column[str]]:
    """Every document says whose it is, of which company of ours, and in which currency."""
    return _text("customer_id", index=customer_index), _text("legal_entity"), _text("currency")


def _whose_own() -> tuple[Column[str], Column[str], Column[str]]:
    """The same of what bears a number that others give: it is the customer's own, another may use it too."""
    return _text("customer_id", primary_key=True), _text("legal_entity"), _text("currency")


def _delivery() -> tuple[Column[str], ...]:
    return _text("delivery"), _text("channel"), _text("address", info=PERSONAL), _text("problem")


customers = Table(
    "customers",
    metadata,
    _text("customer_id", primary_key=True),
    Column("known", Boolean, nullable=False),
    _text("name", info=PERSONAL),
    _text("country"),
    _text("language"),
    _text("email", info=PERSONAL),
    _text("address", info=PERSONAL),
    _text("tax_id", info=PERSONAL),
    _text("risk_class"),
    Column("purchase_order_needed", Boolean, nullable=False),
    _text("invoice_rhythm"),
    Column("billing_day", BigInteger),
)
contracts = Table(
    "contracts",
    metadata,
    _text("contract_id", primary_key=True),
    *_whose_own(),
    _text("kind"),
    _text("alignment"),
    Column("ended_on", Date),
    _text("versions"),
    _text("charged"),
)
orders = Table(
    "orders",
    metadata,
    _text("order_id", primary_key=True),
    *_whose_own(),
    _text("status"),
    Column("contract_id", Text),
    _text("lines"),
    Column("purchase_order", Text),
    Column("external_ref", Text),
    Column("cancelled_on", Date),
)
charges = Table(
    "charges",
    metadata,
    _text("line_id", primary_key=True),
    *_whose_own(),
    _text("kind"),
    _text("status"),
    Column("contract_id", Text),
    Column("order_id", Text),
    Column("order_line_id", Text),
    Column("delivery_id", Text),
    Column("contract_line_id", Text),
    Column("period_from", Date),
    _text("product"),
    _text("description"),
    _text("tax_code"),
    Column("quantity", Numeric, nullable=False),
    Column("unit_price", Numeric, nullable=False),
    _minor("net_minor"),
    _minor("delivered_minor", nullable=True),
    Column("service_from", Date, nullable=False),
    Column("service_to", Date, nullable=False),
    Column("external_ref", Text),
    _text("derivation"),
    Column("draft_id", Text),
    Column("invoice_number", Text),
    Column("cancel_requested", Boolean, nullable=False),
    _minor("told_minor"),
    _text("blocker"),
    Index("ix_charges_customer_status", "customer_id", "status"),
    Index("ix_charges_contract_status", "customer_id", "contract_id", "status"),
    Index("ix_charges_contract_line", "customer_id", "contract_id", "contract_line_id"),
    Index("ix_charges_order", "customer_id", "order_id"),
    Index("ix_charges_delivery", "customer_id", "delivery_id"),
    Index("ix_charges_draft", "customer_id", "draft_id"),
)
drafts = Table(
    "drafts",
    metadata,
    _text("draft_id", primary_key=True),
    *_whose_own(),
    _text("origin"),
    _text("status"),
    _minor("net_minor"),
    _text("reasons"),
    _text("owner"),
    Column("withheld_at", DateTime(timezone=True)),
    _text("overridden"),
    Column("invoice_number", Text),
    Index("ix_drafts_customer_status", "customer_id", "status"),
)
invoices = Table(
    "invoices",
    metadata,
    _text("invoice_number", primary_key=True),
    *_whose(),
    Column("contract_id", Text),
    _text("draft_id"),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    _minor("net_minor"),
    _minor("tax_minor"),
    _minor("total_minor"),
    _text("taxes"),
    Column("purchase_order", Text),
    Column("external_ref", Text, index=True),
    _text("language"),
    _text("warnings"),
    *_delivery(),
)
invoice_lines = Table(
    "invoice_lines",
    metadata,
    _text("invoice_number", primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    _text("line_id", index=True),
    *_whose(customer_index=False),
    _text("product"),
    _text("description"),
    Column("quantity", Numeric, nullable=False),
    Column("unit_price", Numeric, nullable=False),
    _minor("net_minor"),
    _text("tax_code"),
    _text("category"),
    Column("rate_percent", Numeric, nullable=False),
    _text("derivation"),
)
credit_notes = Table(
    "credit_notes",
    metadata,
    _text("credit_note_number", primary_key=True),
    *_whose(),
    _text("invoice_number", index=True),
    _text("request_id"),
    Column("case_id", Text),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    _minor("net_minor"),
    _minor("tax_minor"),
    _minor("total_minor"),
    _text("reason"),
    _text("lines"),
    _text("taxes"),
    *_delivery(),
    Column("contract_id", Text),
)
documents = Table(
    "documents",
    metadata,
    _text("number", primary_key=True),
    _text("kind"),
    *_whose(),
    _text("content", info=PERSONAL),
)
requests = Table(
    "requests",
    metadata,
    _text("request_id", primary_key=True),
    *_whose_own(),
    _text("action"),
    _text("document_id"),
    _minor("amount_minor"),
    _text("reason"),
    _text("requested_by"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("case_id", Text),
    Column("correction_of", Text),
    _text("status"),
    Column("approval_id", Text),
    Column("approvals", BigInteger, nullable=False),
    Column("credit_note_number", Text),
    Index("ix_requests_document", "customer_id", "document_id"),
)
postings = Table(
    "postings",
    metadata,
    _text("journal_id", primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    _text("account"),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    Column("customer_id", Text, index=True),
    _text("document_id"),
    Column("posting_date", Date, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    _text("cause"),
)
escalations = Table(
    "escalations",
    metadata,
    _text("escalation_id", primary_key=True),
    *_whose(customer_index=False),
    _text("document_id"),
    _text("kind"),
    _text("level"),
    _text("recipient"),
    _text("text"),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    _text("decision_id"),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Index("escalations_open", "raised_at", "escalation_id", postgresql_where=text("acknowledged_at is null")),
)
KEEPS = (
    Keeps(Customer, customers),
    Keeps(Contract, contracts),
    Keeps(Order, orders),
    Keeps(Charge, charges),
    Keeps(Draft, drafts),
    Keeps(Invoice, invoices),
    Keeps(InvoicedLine, invoice_lines, append_only=True),
    Keeps(CreditNote, credit_notes),
    Keeps(IssuedDocument, documents, append_only=True),
    Keeps(Request, requests),
    Keeps(Posting, postings, append_only=True),
    Keeps(Escalation, escalations),
    Keeps(Approval, approvals),
    Keeps(Counter, counters, locked_last=True),
)
