"""The tables of collections; each row is the dataclass of the same columns in `domain`."""

from typing import Any

from o2c_chassis.service import Keeps
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, MetaData, Table, Text, text
from sqlalchemy.types import TypeEngine

from o2c_collections.domain.accounts import Account, Credit, Customer, Dispute
from o2c_collections.domain.items import Item, ItemChange
from o2c_collections.domain.letters import Activity, Escalation, Notice
from o2c_collections.domain.promises import Promise

metadata = MetaData()


def _key(name: str, type_: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, type_, primary_key=True)


def _must(name: str, type_: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _may(name: str, type_: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, type_)


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


customers = Table(
    "customers",
    metadata,  # Personal data: name, email, address.
    _key("customer_id"),
    _must("known", Boolean),
    _must("name"),
    _must("country"),
    _must("language"),
    _must("email"),
    _must("address"),
    _must("segment"),
    _must("risk_class"),
    _must("tier"),
    _may("stopped_by"),
    _must("stopped_by_rule", Boolean),
    _must("stop_reason"),
    _must("blocked", Boolean),
)
accounts = Table(
    "accounts",
    metadata,
    _key("customer_id"),
    _key("legal_entity"),
    _may("last_letter_on", Date),
    _instant("next_at", nullable=True),
)
credits = Table(
    "credits",
    metadata,
    _key("customer_id"),
    _key("legal_entity"),
    _key("currency"),
    _must("unapplied_minor", BigInteger),
    _must("on_account_minor", BigInteger),
    _must("version", BigInteger),
)
disputes = Table(
    "disputes",
    metadata,
    _key("case_id"),
    _key("invoice_number"),
    _must("customer_id"),
    _must("legal_entity"),
    _must("currency"),
    _must("disputed_minor", BigInteger),
    _must("reason"),
    _must("open", Boolean),
    Index("disputes_of_item", "invoice_number"),
)
items = Table(
    "items",
    metadata,
    _key("invoice_number"),
    _must("customer_id"),
    _must("legal_entity"),
    _must("currency"),
    _must("known", Boolean),
    _may("external_ref"),
    _may("issued_on", Date),
    _may("due_on", Date),
    _must("total_minor", BigInteger),
    _must("open_minor", BigInteger),
    _must("item_version", BigInteger),
    _must("open", Boolean),
    _must("disputed_minor", BigInteger),
    _must("promised_minor", BigInteger),
    _must("has_promises", Boolean),
    _must("promise_broken", Boolean),
    _must("level", BigInteger),
    _may("level_on", Date),
    _may("handed_over_on", Date),
    _instant("next_at", nullable=True),
    _must("next_step"),
    _may("contract_id"),
    Index("items_of_customer", "customer_id", "open"),
    Index("items_open_by_due_date", "legal_entity", "currency", "due_on", postgresql_where=text("open")),
)
item_changes = Table(
    "item_changes",
    metadata,  # Append-only.
    _key("invoice_number"),
    _key("item_version", BigInteger),
    _must("customer_id"),
    _must("legal_entity"),
    _must("currency"),
    _must("kind"),
    _may("payment_id"),
    _must("amount_minor", BigInteger),
    _must("open_minor_after", BigInteger),
    _must("value_date", Date),
    _instant("recorded_at"),
)
promises = Table(
    "promises",
    metadata,
    _key("promise_id"),
    _must("customer_id"),
    _must("legal_entity"),
    _must("currency"),
    _must("invoice_number"),
    _must("amount_minor", BigInteger),
    _must("promised_on", Date),
    _must("counts_until", Date),
    _instant("judge_at"),
    _instant("made_at"),
    _must("state"),
    _must("paid_minor", BigInteger),
    _must("judged", BigInteger),
    _must("reason"),
    _may("decision_id"),
    _may("source"),
    _may("content"),
    _may("namesake_of"),
    Index("promises_of_customer", "customer_id"),
    Index("promises_namesakes", "namesake_of", postgresql_where=text("namesake_of is not null")),
)
notices = Table(
    "notices",
    metadata,
    _key("notice_id"),
    _must("customer_id"),
    _must("legal_entity"),
    _must("level", BigInteger),
    _must("language"),
    _must("channel"),
    _must("sent_on", Date),
    _must("lines"),
    _must("credits"),
    _instant("recorded_at"),
    _must("status"),
    _must("problem"),
    _may("contract_id"),
    Index("notices_of_customer", "customer_id", "sent_on"),
)
activities = Table(
    "activities",
    metadata,  # Append-only.
    _key("activity_id"),
    _must("customer_id"),
    _instant("at"),
    _must("kind"),
    _must("document_id"),
    _must("text"),
    _may("actor"),
    Index("activities_of_customer", "customer_id", "at"),
)
escalations = Table(
    "escalations",
    metadata,
    _key("escalation_id"),
    _must("customer_id"),
    _must("legal_entity"),
    _must("currency"),
    _must("document_id"),
    _must("level"),
    _must("to_role"),
    _must("text"),
    _instant("raised_at"),
    _instant("closed_at", nullable=True),
    _may("closed_by"),
    Index("escalations_open", "to_role", "raised_at", postgresql_where=text("closed_at is null")),
)

KEEPS = (
    Keeps(Customer, customers),
    Keeps(Account, accounts),
    Keeps(Credit, credits),
    Keeps(Dispute, disputes),
    Keeps(Item, items),
    Keeps(ItemChange, item_changes, append_only=True),
    Keeps(Promise, promises),
    Keeps(Notice, notices),
    Keeps(Activity, activities, append_only=True),
    Keeps(Escalation, escalations),
)
