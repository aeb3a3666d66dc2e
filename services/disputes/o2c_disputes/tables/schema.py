"""The tables of disputes; each holds the dataclass of its name, column by column."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, MetaData, Table, Text

metadata = MetaData()


def _text(name: str, *, nullable: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=key)


def _number(name: str, *, nullable: bool = False, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, primary_key=key, autoincrement=False)


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


customers = Table("customers", metadata, _text("customer_id", key=True), _text("tier"), _text("language"))

items = Table(
    "items",
    metadata,
    _text("invoice_number", key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    Column("known", Boolean, nullable=False),
    _text("external_ref", nullable=True),
    _number("total_minor", nullable=True),
    _number("open_minor"),
    _number("item_version"),
    _text("contract_id", nullable=True),
    Index("items_as_the_customer_calls_it", "customer_id", "external_ref"),
)

movements = Table(
    "movements",
    metadata,
    _text("invoice_number", key=True),
    _number("item_version", key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("bucket"),
    _number("amount_minor"),
    _number("open_minor_after"),
    _text("case_id", nullable=True),
)

cases = Table(
    "cases",
    metadata,
    _text("case_id", key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("origin"),
    _text("query_id", nullable=True),
    _text("kind"),
    _text("reason"),
    _text("channel"),
    Column("contests", Boolean, nullable=False),
    _text("invoice_number", nullable=True),
    _text("external_ref", nullable=True),
    _number("amount_minor", nullable=True),
    Column("text", Text, nullable=False, info={"personal": True}),
    _text("status"),
    _text("stage"),
    _text("priority"),
    _text("queue"),
    _text("owner"),
    _text("owner_role"),
    _text("next_action"),
    _instant("due_at"),
    _instant("opened_at"),
    _instant("respond_by"),
    _instant("resolve_by"),
    _instant("answered_at", nullable=True),
    _instant("resolved_at", nullable=True),
    _instant("closed_at", nullable=True),
    _text("outcome", nullable=True),
    _text("root_cause"),
    _number("reopenings"),
    _number("pauses"),
    _number("paused_minutes"),
    _number("entries"),
    _text("decision_id", nullable=True),
    _text("contract_id", nullable=True),
    Index("cases_of_query", "customer_id", "query_id"),
    Index("cases_of_invoice", "customer_id", "invoice_number"),
    Index("cases_of_reference", "customer_id", "external_ref"),
    Index("cases_by_status", "customer_id", "status"),
    Index("cases_in_queue", "queue", "status", "due_at"),
)

entries = Table(
    "entries",
    metadata,
    _text("case_id", key=True),
    _number("number", key=True),
    _text("customer_id"),
    _instant("at"),
    _text("what"),
    _text("who"),
    Column("text", Text, nullable=False, info={"personal": True}),
)

disputes = Table(
    "disputes",
    metadata,
    _text("case_id", key=True),
    _number("round", key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("invoice_number"),
    _number("original_minor"),
    _number("opened_version"),
    _text("releases"),
    _text("status"),
    _text("resolution", nullable=True),
    _number("resolved_version", nullable=True),
    Index("disputes_of_invoice", "invoice_number"),
    Index("disputes_of_customer", "customer_id"),
)

credit_requests = Table(
    "credit_requests",
    metadata,
    _text("request_id", key=True),
    _text("case_id"),
    _number("round"),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("invoice_number"),
    _number("amount_minor"),
    _text("requested_by"),
    _instant("requested_at"),
    _text("status"),
    _text("approval_id", nullable=True),
    _text("credit_note_number", nullable=True),
    _text("comment"),
    Index("credit_requests_of_case", "case_id"),
)

clocks = Table(
    "clocks",
    metadata,
    _text("case_id", key=True),
    _text("target", key=True),
    _number("cycle", key=True),
    _text("customer_id"),
    _text("legal_entity"),
    _text("calendar"),
    _number("target_minutes"),
    _number("kept_minutes"),
    _instant("started_at"),
    _instant("due_at"),
    _instant("stopped_at", nullable=True),
    _number("elapsed_minutes", nullable=True),
    Column("is_met", Boolean, nullable=True),
    _number("notified_percent"),
    _number("repeats"),
    _number("next_percent", nullable=True),
    _instant("next_at", nullable=True),
    _instant("acknowledged_at", nullable=True),
)

pauses = Table(
    "pauses",
    metadata,
    _text("case_id", key=True),
    _number("number", key=True),
    _text("customer_id"),
    _text("reason"),
    _instant("from_at"),
    _instant("until_at"),
    _instant("ended_at", nullable=True),
    _text("stage_before"),
    _text("next_action_before"),
    _text("paused_by"),
)

escalations = Table(
    "escalations",
    metadata,
    _text("escalation_id", key=True),
    _text("case_id"),
    _text("customer_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("target"),
    _number("cycle"),
    _number("percent"),
    _number("number"),
    _text("recipient"),
    _instant("raised_at"),
    _instant("acknowledged_at", nullable=True),
    _text("acknowledged_by", nullable=True),
    Index("escalations_of_case", "case_id"),
)
