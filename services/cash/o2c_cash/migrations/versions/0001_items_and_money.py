"""The first tables of cash: what customers owe, the money that pays it, who pays from where, and the postings of both.

Looked up by customer and `open`, so that a handler reads what is still open and never the past.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _parties()
    _payer_accounts()
    _open_items()
    _item_disputes()
    _credits()
    _payments()
    _remittances()
    _payment_returns()
    _awaited()
    _allocations()
    _customer_money()
    _postings()


def _parties() -> None:
    op.create_table(
        "parties",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("root_id", sa.Text()),
    )


def _payer_accounts() -> None:
    op.create_table(
        "payer_accounts",
        sa.Column("payer_key", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    op.create_index("payer_accounts_by_customer", "payer_accounts", ["customer_id"])


def _open_items() -> None:
    op.create_table(
        "open_items",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text()),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("item_version", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("discount_percent", sa.Numeric()),
        sa.Column("discount_until", sa.Date()),
        sa.Column("discounted_minor", sa.BigInteger(), nullable=False),
        sa.Column("tolerated_minor", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
    )
    op.create_index("open_items_by_customer", "open_items", ["customer_id", "open"])
    op.create_index("open_items_by_external_ref", "open_items", ["external_ref"])


def _item_disputes() -> None:
    op.create_table(
        "item_disputes",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("disputed_minor", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
    )
    op.create_index("item_disputes_by_customer", "item_disputes", ["customer_id", "open"])


def _credits() -> None:
    op.create_table(
        "credits",
        sa.Column("credit_note_number", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("applied_minor", sa.BigInteger(), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text()),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
    )
    op.create_index("credits_by_customer", "credits", ["customer_id", "open"])


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Text(), primary_key=True),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("named_customer_id", sa.Text()),
        sa.Column("identified", sa.Boolean(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("applied_minor", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_minor", sa.BigInteger(), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("taken_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text()),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
    )
    op.create_index("payments_by_customer", "payments", ["customer_id", "open"])
    op.create_index("payments_by_day", "payments", ["received_on", "legal_entity", "currency"])
    op.create_index("payments_by_origin", "payments", ["origin_key", "identified"])


def _remittances() -> None:
    op.create_table(
        "remittances",
        sa.Column("remittance_id", sa.Text(), primary_key=True),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("named_customer_id", sa.Text()),
        sa.Column("identified", sa.Boolean(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text()),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("used_by", sa.Text()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
    )
    op.create_index("remittances_by_customer", "remittances", ["customer_id", "open"])
    op.create_index("remittances_by_origin", "remittances", ["origin_key", "identified"])
    op.create_index("remittances_by_payment", "remittances", ["payment_id"])


def _payment_returns() -> None:
    op.create_table(
        "payment_returns",
        sa.Column("return_id", sa.Text(), primary_key=True),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
    )
    op.create_index("payment_returns_by_payment", "payment_returns", ["payment_id"])


def _awaited() -> None:
    op.create_table(
        "awaited",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("payment_id", sa.Text(), primary_key=True),
    )


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("item_version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text()),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text()),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text()),
        sa.Column("actor", sa.Text()),
    )
    op.create_index("allocations_by_payment", "allocations", ["payment_id"])
    op.create_index("allocations_by_time", "allocations", ["recorded_at"])


def _customer_money() -> None:
    op.create_table(
        "customer_money",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("legal_entity", sa.Text(), primary_key=True),
        sa.Column("currency", sa.Text(), primary_key=True),
        sa.Column("unapplied_minor", sa.BigInteger(), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("tolerance_month", sa.Text(), nullable=False),
        sa.Column("tolerated_minor", sa.BigInteger(), nullable=False),
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("journal_id", sa.Text(), primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("posting_date", sa.Date(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
    )
    op.create_index("postings_by_customer", "postings", ["customer_id", "account"])
    op.create_index("postings_by_day", "postings", ["posting_date", "legal_entity", "currency", "account"])
    op.create_index("postings_by_document", "postings", ["document_id"])
