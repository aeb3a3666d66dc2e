"""The tables, and the dataclass that one row of each becomes."""

from o2c_chassis.approvals import Approval
from o2c_chassis.service import Keeps
from o2c_chassis.tables import approvals
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, MetaData, Numeric, Table, Text

from o2c_orders.domain.contracts import Contract, ContractVersion
from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import CustomerMoney, Exposure, Item, Rate
from o2c_orders.domain.orders import Delivery, Hold, Order

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _minor(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


customers = Table(
    "customers",
    metadata,
    _key("customer_id"),
    Column("root_id", Text, nullable=False, index=True),
    _flag("known"),
    _text("risk_class"),
    _text("tier"),
    _flag("purchase_order_needed"),
    _flag("partial_delivery"),
    _text("invoice_rhythm"),
    _text("limit_state"),
    _minor("limit_minor"),
    _text("limit_currency"),
    Column("limit_valid_until", Date),
    _minor("broken_promises"),
    _flag("stopped"),
    _text("stop_reason"),
)
contracts = Table(
    "contracts",
    metadata,
    _key("customer_id"),
    _key("contract_id"),
    _text("legal_entity"),
    _text("currency"),
    _text("kind"),
    _text("status"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    _minor("version"),
    _text("approval_id"),
    Column("end_asked_on", Date),
)
contract_versions = Table(
    "contract_versions",
    metadata,
    _key("customer_id"),
    _key("contract_id"),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _text("legal_entity"),
    _text("currency"),
    Column("effective_on", Date, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    _minor("terms_days"),
    Column("discount_percent", Numeric),
    Column("discount_days", BigInteger),
    _text("attributes"),
    _text("lines"),
    _text("amendment_id"),
    Column("activated_on", Date),
    _text("said"),
)
orders = Table(
    "orders",
    metadata,
    _key("customer_id"),
    _key("order_id"),
    _text("contract_id"),
    _text("legal_entity"),
    _text("currency"),
    _minor("total_minor"),
    _minor("open_minor"),
    _text("status"),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("ordered_on", Date, nullable=False),
    _text("document"),
    _minor("dated_days_ago"),
    _text("decision_id"),
    Column("decided_at", DateTime(timezone=True)),
    _text("released_by"),
    _minor("released_minor"),
    _text("released_rows"),
    _minor("line_difference_minor"),
)
holds = Table(
    "holds",
    metadata,
    _key("customer_id"),
    _key("order_id"),
    _text("contract_id"),
    _text("legal_entity"),
    _text("currency"),
    _flag("open"),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    _text("request"),
    _minor("round"),
    _text("overtake"),
    _text("rate_pair"),
    _text("reasons"),
    _text("owner"),
    _text("approval_id"),
    _minor("target_hours"),
    _text("calendar"),
    _minor("step"),
    _text("step_to"),
    Column("ended_at", DateTime(timezone=True)),
    _minor("noticed"),
    # A family's open holds are looked up for each of its orders; ten thousand closed ones must not be read for it.
    Index("holds_open", "customer_id", "open"),
    Index("holds_rate_pair", "rate_pair", "open"),
)
confirmed_deliveries = Table(
    "confirmed_deliveries",
    metadata,
    _key("customer_id"),
    _key("delivery_id"),
    _text("order_id"),
    _text("legal_entity"),
    _text("currency"),
    _flag("known"),
    Column("delivered_on", Date),
    _text("lines"),
    _text("invoiced"),
    Index("confirmed_deliveries_order", "customer_id", "order_id"),
)
items = Table(
    "items",
    metadata,
    _key("customer_id"),
    _key("invoice_number"),
    _text("legal_entity"),
    _text("currency"),
    _minor("open_minor"),
    _minor("item_version"),
    _flag("open"),
    _flag("known"),
    Column("due_on", Date),
    _minor("total_minor"),
    Index("items_open", "customer_id", "open"),
)
customer_money = Table(
    "customer_money",
    metadata,
    _key("customer_id"),
    _key("legal_entity"),
    _key("currency"),
    _minor("unapplied_minor"),
    _minor("on_account_minor"),
    _minor("version"),
)
exposures = Table(
    "exposures",
    metadata,
    _key("customer_id"),
    _key("legal_entity"),
    _key("currency"),
    _minor("ordered_minor"),
    _minor("delivered_minor"),
    _minor("receivable_minor"),
)
rates = Table(
    "rates",
    metadata,
    _key("base"),
    _key("quote"),
    Column("valid_on", Date, primary_key=True),
    Column("rate", Numeric, nullable=False),
    _text("pair"),
    _flag("counts"),
    Index("rates_pair", "pair", "counts"),
)

KEEPS = (
    Keeps(Customer, customers),
    Keeps(Contract, contracts),
    Keeps(ContractVersion, contract_versions),
    Keeps(Order, orders),
    Keeps(Hold, holds),
    Keeps(Delivery, confirmed_deliveries),
    Keeps(Item, items),
    Keeps(CustomerMoney, customer_money),
    Keeps(Exposure, exposures),
    Keeps(Rate, rates),
    Keeps(Approval, approvals),
)
