"""The first tables of billing: whom it invoices, what was delivered, what was issued, asked for and posted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _customers()
    _contracts()
    _orders()
    _charges()
    _drafts()
    _invoices()
    _invoice_lines()
    _credit_notes()
    _documents()
    _requests()
    _postings()


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("risk_class", sa.Text(), nullable=False),
        sa.Column("purchase_order_needed", sa.Boolean(), nullable=False),
        sa.Column("invoice_rhythm", sa.Text(), nullable=False),
        sa.Column("billing_day", sa.BigInteger()),
    )


def _contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("contract_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("alignment", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("charged", sa.Text(), nullable=False),
    )
    op.create_index("ix_contracts_customer_id", "contracts", ["customer_id"])


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text()),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("purchase_order", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("cancelled_on", sa.Date()),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])


def _charges() -> None:
    op.create_table(
        "charges",
        sa.Column("line_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text()),
        sa.Column("order_id", sa.Text()),
        sa.Column("order_line_id", sa.Text()),
        sa.Column("delivery_id", sa.Text()),
        sa.Column("contract_line_id", sa.Text()),
        sa.Column("period_from", sa.Date()),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("unit_price", sa.Numeric(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("delivered_minor", sa.BigInteger()),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_to", sa.Date(), nullable=False),
        sa.Column("external_ref", sa.Text()),
        sa.Column("derivation", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Text()),
        sa.Column("invoice_number", sa.Text()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("told_minor", sa.BigInteger(), nullable=False),
        sa.Column("blocker", sa.Text(), nullable=False),
    )
    op.create_index("ix_charges_contract_line", "charges", ["contract_id", "contract_line_id"])
    op.create_index("ix_charges_contract_status", "charges", ["contract_id", "status"])
    op.create_index("ix_charges_customer_status", "charges", ["customer_id", "status"])
    op.create_index("ix_charges_delivery_id", "charges", ["delivery_id"])
    op.create_index("ix_charges_draft_id", "charges", ["draft_id"])
    op.create_index("ix_charges_order_id", "charges", ["order_id"])


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("draft_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("withheld_at", sa.DateTime(timezone=True)),
        sa.Column("overridden", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text()),
    )
    op.create_index("ix_drafts_customer_status", "drafts", ["customer_id", "status"])


def _invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text()),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("taxes", sa.Text(), nullable=False),
        sa.Column("purchase_order", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
    )
    op.create_index("ix_invoices_customer_id", "invoices", ["customer_id"])
    op.create_index("ix_invoices_external_ref", "invoices", ["external_ref"])


def _invoice_lines() -> None:
    op.create_table(
        "invoice_lines",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("unit_price", sa.Numeric(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("rate_percent", sa.Numeric(), nullable=False),
        sa.Column("derivation", sa.Text(), nullable=False),
    )
    op.create_index("ix_invoice_lines_line_id", "invoice_lines", ["line_id"])


def _credit_notes() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("credit_note_number", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text()),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("taxes", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
    )
    op.create_index("ix_credit_notes_customer_id", "credit_notes", ["customer_id"])
    op.create_index("ix_credit_notes_invoice_number", "credit_notes", ["invoice_number"])


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    op.create_index("ix_documents_customer_id", "documents", ["customer_id"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Text()),
        sa.Column("correction_of", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Text()),
        sa.Column("approvals", sa.BigInteger(), nullable=False),
        sa.Column("credit_note_number", sa.Text()),
    )
    op.create_index("ix_requests_customer_id", "requests", ["customer_id"])
    op.create_index("ix_requests_document_id", "requests", ["document_id"])


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
    op.create_index("ix_postings_customer_id", "postings", ["customer_id"])
