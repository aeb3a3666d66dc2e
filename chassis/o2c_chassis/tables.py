"""The tables in every service's database. What they hold is the chassis's own; services never write them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


positions = Table(
    "positions",
    metadata,  # Where this service's reading stands; the broker's group offset is only a hint.
    Column("topic", Text, primary_key=True),
    Column("partition", BigInteger, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("next", BigInteger, nullable=False),
)
inbox = Table(
    "inbox",
    metadata,  # What was handled, for ever: a bank may send the same record after a year.
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
)
replies = Table(
    "replies",
    metadata,  # What a command was answered: the same Idempotency-Key gets the same answer.
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("reply", LargeBinary, nullable=False),
    _instant("recorded_at"),
)
outbox = Table(
    "outbox",
    metadata,  # Told, in the order of its keys; kept for days after it was sent, so that a broken log can be mended.
    Column("position", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    _instant("recorded_at"),
    _instant("sent_at", nullable=True),
    Index("outbox_unsent", "position", postgresql_where=text("sent_at is null")),
)
streams = Table(
    "streams",
    metadata,  # The last version told of each key.
    Column("key", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
heard = Table(
    "heard",
    metadata,  # The last version heard of each writer and key.
    Column("writer", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
parked = Table(
    "parked",
    metadata,  # The raw record, unclaimed: bytes, because text and JSON refuse what others may send. Personal data.
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", LargeBinary),
    Column("headers", LargeBinary, nullable=False),
    Column("value", LargeBinary),
    _instant("appended_at", nullable=True),
    Column("families", ARRAY(Text), nullable=False),
    Column("blocks", Boolean, nullable=False),
    Column("waits", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    _instant("parked_at"),
    Column("discard_by", Text),
    Index("parked_blocking", "families", postgresql_using="gin", postgresql_where=text("blocks")),
)
halts = Table(
    "halts",
    metadata,  # This release parked too many customers for one reason: it consumes nothing until somebody looked.
    Column("release", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    _instant("since"),
)
deadlines = Table(
    "deadlines",
    metadata,  # `armed` counts and is never used again; no due_at: not armed now.
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("owner_key", Text, nullable=False),
    Column("customer_id", Text),
    Column("armed", BigInteger, nullable=False),
    _instant("due_at", nullable=True),
    Index("deadlines_due", "due_at", postgresql_where=text("due_at is not null")),
)
decisions = Table(
    "decisions",
    metadata,  # Append-only, hash-chained.
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("decisions_by_id", "decision_id"),
    Index("decisions_by_key", "key"),
)
chains = Table(
    "chains",
    metadata,  # All heads exist from the first migration: a row that is not there cannot be locked.
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
deliveries = Table(
    "deliveries",
    metadata,  # What must reach the outside: queued with its cause, rendered and sent after it. Personal data.
    Column("delivery_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("owner_key", Text, nullable=False),
    Column("customer_id", Text),
    Column("content", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("problem", Text, nullable=False),
    _instant("recorded_at"),
    _instant("next_at", nullable=True),
    Index("deliveries_open", "next_at", postgresql_where=text("next_at is not null")),
)
approvals = Table(
    "approvals",
    metadata,  # The rows of `approvals.Approval`.
    Column("approval_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("document_id", Text, nullable=False, index=True),
    Column("legal_entity", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    _instant("requested_at"),
    _instant("expires_at"),
    Column("steps", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("concerns", Text, nullable=False),
    Column("counts_with", Text, nullable=False),
)
counters = Table(
    "counters",
    metadata,  # Gapless numbers: the row of a series is locked as the last step of loading.
    Column("series", Text, primary_key=True),
    Column("next_number", BigInteger, nullable=False),
    Column("last_date", Date),
)
anchors = Table(
    "anchors",
    metadata,  # Days whose chain heads were told; the heads themselves bear witness on the topic, not here.
    Column("day", Date, primary_key=True),
    _instant("told_at"),
)
shadows = Table(
    "shadows",
    metadata,  # Rules on trial beside those that decide; at most one row.
    Column("bundle", Text, primary_key=True),
    Column("files", LargeBinary, nullable=False),
    Column("tables", ARRAY(Text), nullable=False),
    _instant("since"),
    Column("begun_by", Text, nullable=False),
)
activations = Table(
    "activations",
    metadata,  # Which bundle of rule files decides from which point of this service's own log on.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("bundle", Text, nullable=False),
    _instant("effective_from"),
    _instant("activated_at"),
)
