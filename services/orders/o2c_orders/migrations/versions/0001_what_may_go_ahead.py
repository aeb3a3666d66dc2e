"""The first tables of orders: customers and contracts, orders and why they wait, and what counts as exposure."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _customers()
    _contracts()
    _contract_versions()
    _orders()
    _holds()
    _confirmed_deliveries()
    _items()
    _customer_money()
    _exposures()
    _rates()


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("root_id", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("risk_class", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("purchase_order_needed", sa.Boolean(), nullable=False),
        sa.Column("partial_delivery", sa.Boolean(), nullable=False),
        sa.Column("invoice_rhythm", sa.Text(), nullable=False),
        sa.Column("limit_state", sa.Text(), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("limit_currency", sa.Text(), nullable=False),
        sa.Column("limit_valid_until", sa.Date()),
        sa.Column("broken_promises", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("stop_reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_customers_root_id", "customers", ["root_id"])


def _contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("contract_id", sa.Text(), primary_key=True),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("approval_id", sa.Text(), nullable=False),
        sa.Column("end_asked_on", sa.Date()),
    )


def _contract_versions() -> None:
    op.create_table(
        "contract_versions",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("contract_id", sa.Text(), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("terms_days", sa.BigInteger(), nullable=False),
        sa.Column("discount_percent", sa.Numeric()),
        sa.Column("discount_days", sa.BigInteger()),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("amendment_id", sa.Text(), nullable=False),
        sa.Column("activated_on", sa.Date()),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("order_id", sa.Text(), primary_key=True),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("dated_days_ago", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("released_minor", sa.BigInteger(), nullable=False),
        sa.Column("released_rows", sa.Text(), nullable=False),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("order_id", sa.Text(), primary_key=True),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("overtake", sa.Text(), nullable=False),
        sa.Column("rate_pair", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Text(), nullable=False),
        sa.Column("target_hours", sa.BigInteger(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("step_to", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("holds_open", "holds", ["customer_id", "open"])
    op.create_index("holds_rate_pair", "holds", ["rate_pair", "open"])


def _confirmed_deliveries() -> None:
    op.create_table(
        "confirmed_deliveries",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("delivery_id", sa.Text(), primary_key=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("delivered_on", sa.Date()),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("invoiced", sa.Text(), nullable=False),
    )
    op.create_index("confirmed_deliveries_order", "confirmed_deliveries", ["customer_id", "order_id"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("item_version", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
    )
    op.create_index("items_open", "items", ["customer_id", "open"])


def _customer_money() -> None:
    op.create_table(
        "customer_money",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("legal_entity", sa.Text(), primary_key=True),
        sa.Column("currency", sa.Text(), primary_key=True),
        sa.Column("unapplied_minor", sa.BigInteger(), nullable=False),
        sa.Column("on_account_minor", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def _exposures() -> None:
    op.create_table(
        "exposures",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("legal_entity", sa.Text(), primary_key=True),
        sa.Column("currency", sa.Text(), primary_key=True),
        sa.Column("ordered_minor", sa.BigInteger(), nullable=False),
        sa.Column("delivered_minor", sa.BigInteger(), nullable=False),
        sa.Column("receivable_minor", sa.BigInteger(), nullable=False),
    )


def _rates() -> None:
    op.create_table(
        "rates",
        sa.Column("base", sa.Text(), primary_key=True),
        sa.Column("quote", sa.Text(), primary_key=True),
        sa.Column("valid_on", sa.Date(), primary_key=True),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
    )
    op.create_index("rates_pair", "rates", ["pair", "counts"])
