"""What cash keeps: its tables, in the order of their dataclasses. Marked columns hold personal data."""

from o2c_contracts.postings import Posting
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, MetaData, Numeric, Table, Text, text

from o2c_cash.domain.items import Allocation, Credit, ItemDispute, OpenItem
from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Awaited, CustomerMoney, Payment, PaymentReturn, Remittance
from o2c_cash.domain.refunds import Refund

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _minor(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _apart() -> list[Column[str]]:
    """Who numbered a document, what it said, and its number where that was another's already."""
    return [Column("source", Text), Column("content", Text), Column("namesake_of", Text)]


def _namesakes(table: str) -> Index:
    """Few have one: nobody else is in it."""
    return Index(f"{table}_namesakes", "namesake_of", postgresql_where=text("namesake_of is not null"))


parties = Table(
    "parties",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("root_id", Text),
)
payer_accounts = Table(
    "payer_accounts",
    metadata,
    Column("payer_key", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("active", Boolean, nullable=False),
    Index("payer_accounts_by_customer", "customer_id"),
)
open_items = Table(
    "open_items",
    metadata,
    Column("invoice_number", Text, primary_key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    Column("external_ref", Text),
    _minor("total_minor"),
    _minor("tax_minor"),
    _minor("open_minor"),
    Column("item_version", BigInteger, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("discount_percent", Numeric),
    Column("discount_until", Date),
    _minor("discounted_minor"),
    _minor("tolerated_minor"),
    Column("open", Boolean, nullable=False),
    Column("contract_id", Text),
    Index("open_items_by_customer", "customer_id", "open"),
    Index("open_items_by_external_ref", "external_ref"),
)
item_disputes = Table(
    "item_disputes",
    metadata,
    Column("case_id", Text, primary_key=True),
    _text("customer_id"),
    _text("invoice_number"),
    _text("legal_entity"),
    _text("currency"),
    _minor("disputed_minor"),
    Column("open", Boolean, nullable=False),
    Index("item_disputes_by_customer", "customer_id", "open"),
)
credits = Table(
    "credits",
    metadata,
    Column("credit_note_number", Text, primary_key=True),
    _text("customer_id"),
    _text("invoice_number"),
    _text("legal_entity"),
    _text("currency"),
    _minor("total_minor"),
    _minor("applied_minor"),
    _minor("on_account_minor"),
    Column("case_id", Text),
    Column("issued_on", Date, nullable=False),
    Column("open", Boolean, nullable=False),
    Index("credits_by_customer", "customer_id", "open"),
)
payments = Table(
    "payments",
    metadata,
    Column("payment_id", Text, primary_key=True),
    _text("origin_key"),
    Column("customer_id", Text),
    Column("named_customer_id", Text),
    Column("identified", Boolean, nullable=False),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    _minor("applied_minor"),
    _minor("unapplied_minor"),
    _minor("on_account_minor"),
    _minor("taken_minor"),
    _minor("returned_minor"),
    Column("reference", Text, info={"personal": True}),
    Column("value_date", Date, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    _text("status"),
    _text("reason"),
    _text("because"),
    Column("decision_id", Text),
    _text("candidates"),
    Column("manual", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),
    _minor("refunded_minor"),
    *_apart(),
    Column("doubted", Boolean, nullable=False),
    _namesakes("payments"),
    Index("payments_by_customer", "customer_id", "open"),
    Index("payments_by_origin", "origin_key", "identified"),
    Index("payments_by_day", "received_on", "legal_entity", "currency"),
)
remittances = Table(
    "remittances",
    metadata,
    Column("remittance_id", Text, primary_key=True),
    _text("origin_key"),
    Column("customer_id", Text),
    Column("named_customer_id", Text),
    Column("identified", Boolean, nullable=False),
    _text("legal_entity"),
    _text("currency"),
    Column("payment_id", Text),
    _minor("total_minor"),
    _text("lines"),
    Column("used_by", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("open", Boolean, nullable=False),
    *_apart(),
    _namesakes("remittances"),
    Index("remittances_by_payment", "payment_id"),
    Index("remittances_by_customer", "customer_id", "open"),
    Index("remittances_by_origin", "origin_key", "identified"),
)
payment_returns = Table(
    "payment_returns",
    metadata,
    Column("return_id", Text, primary_key=True),
    _text("origin_key"),
    _text("payment_id"),
    Column("customer_id", Text),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    Column("returned_on", Date, nullable=False),
    _text("reason"),
    Column("done", Boolean, nullable=False),
    *_apart(),
    Column("doubted", Boolean, nullable=False),
    _namesakes("payment_returns"),
    Index("payment_returns_by_payment", "payment_id"),
)
refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", Text, primary_key=True),
    _text("payment_id"),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    _text("reason"),
    _text("requested_by"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    _text("approval_id"),
    _text("address"),
    _text("status"),
    Index("refunds_by_payment", "payment_id"),
)
awaited = Table(
    "awaited",
    metadata,
    Column("name", Text, primary_key=True),
    Column("payment_id", Text, primary_key=True),
)
allocations = Table(
    "allocations",
    metadata,
    Column("invoice_number", Text, primary_key=True),
    Column("item_version", BigInteger, primary_key=True),
    _text("kind"),
    Column("payment_id", Text),
    _text("document_id"),
    _text("customer_id"),
    Column("external_ref", Text),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    Column("value_date", Date, nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    _text("because"),
    Column("decision_id", Text),
    Column("actor", Text),
    Index("allocations_by_payment", "payment_id"),
    Index("allocations_by_time", "recorded_at"),
)
customer_money = Table(
    "customer_money",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("legal_entity", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    _minor("unapplied_minor"),
    _minor("on_account_minor"),
    Column("version", BigInteger, nullable=False),
    _text("tolerance_month"),
    _minor("tolerated_minor"),
)
postings = Table(
    "postings",
    metadata,
    Column("journal_id", Text, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    _text("account"),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    Column("customer_id", Text),
    _text("document_id"),
    Column("posting_date", Date, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    _text("cause"),
    Index("postings_by_day", "posting_date", "legal_entity", "currency", "account"),
    Index("postings_by_customer", "customer_id", "account"),
    Index("postings_by_document", "document_id"),
)
escalations = Table(
    "escalations",
    metadata,
    Column("escalation_id", Text, primary_key=True),
    _text("payment_id"),
    _text("legal_entity"),
    _text("currency"),
    _minor("amount_minor"),
    _text("recipient"),
    _text("text"),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    _text("decision_id"),
    Column("customer_id", Text),
    _text("level"),
    _text("document_id"),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Index("escalations_by_payment", "payment_id"),
    Index("escalations_open", "raised_at", "escalation_id", postgresql_where=text("acknowledged_at is null")),
)
ROWS = {
    Party: parties,
    PayerAccount: payer_accounts,
    OpenItem: open_items,
    ItemDispute: item_disputes,
    Credit: credits,
    Payment: payments,
    Remittance: remittances,
    PaymentReturn: payment_returns,
    Refund: refunds,
    Awaited: awaited,
    CustomerMoney: customer_money,
    Escalation: escalations,
}
"""What each table's rows become."""
GROWING = {Allocation: allocations, Posting: postings}
"""Written once, never changed."""
