"""The first tables of disputes: cases and their clocks, items as others tell of them, what is contested of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _customers()
    _items()
    _movements()
    _cases()
    _entries()
    _disputes()
    _credit_requests()
    _clocks()
    _pauses()
    _escalations()


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
    )


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("external_ref", sa.Text()),
        sa.Column("total_minor", sa.BigInteger()),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("item_version", sa.BigInteger(), nullable=False),
    )
    op.create_index("items_as_the_customer_calls_it", "items", ["customer_id", "external_ref"])


def _movements() -> None:
    op.create_table(
        "movements",
        sa.Column("invoice_number", sa.Text(), primary_key=True),
        sa.Column("item_version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor_after", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text()),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("query_id", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("contests", sa.Boolean(), nullable=False),
        sa.Column("invoice_number", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("next_action", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolve_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("reopenings", sa.BigInteger(), nullable=False),
        sa.Column("pauses", sa.BigInteger(), nullable=False),
        sa.Column("paused_minutes", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Text()),
    )
    _case_indexes()


def _case_indexes() -> None:
    op.create_index("cases_by_status", "cases", ["customer_id", "status"])
    op.create_index("cases_in_queue", "cases", ["queue", "status", "due_at"])
    op.create_index("cases_of_invoice", "cases", ["customer_id", "invoice_number"])
    op.create_index("cases_of_query", "cases", ["customer_id", "query_id"])
    op.create_index("cases_of_reference", "cases", ["customer_id", "external_ref"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("round", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_version", sa.BigInteger(), nullable=False),
        sa.Column("releases", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("resolved_version", sa.BigInteger()),
    )
    op.create_index("disputes_of_customer", "disputes", ["customer_id"])
    op.create_index("disputes_of_invoice", "disputes", ["invoice_number"])


def _credit_requests() -> None:
    op.create_table(
        "credit_requests",
        sa.Column("request_id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Text()),
        sa.Column("credit_note_number", sa.Text()),
        sa.Column("comment", sa.Text(), nullable=False),
    )
    op.create_index("credit_requests_of_case", "credit_requests", ["case_id"])


def _clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("cycle", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("target_minutes", sa.BigInteger(), nullable=False),
        sa.Column("kept_minutes", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.Column("elapsed_minutes", sa.BigInteger()),
        sa.Column("is_met", sa.Boolean()),
        sa.Column("notified_percent", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.BigInteger(), nullable=False),
        sa.Column("next_percent", sa.BigInteger()),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
    )


def _pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("stage_before", sa.Text(), nullable=False),
        sa.Column("next_action_before", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
    )


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("escalation_id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("cycle", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text()),
    )
    op.create_index("escalations_of_case", "escalations", ["case_id"])
