"""People, a small store and a change, for everything that is released in tests."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from o2c_rules.bundles import Approval, Store
from o2c_rules.releasing.authority import AUTHORITY, LEAD, Person
from o2c_rules.releasing.desk import ReleaseDesk, Upload, Wish
from o2c_rules.releasing.reports import examine
from o2c_rules.rulebook import BOOKS, RuleBook

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RICK, RUTH = Person("rick", ("rules_analyst",)), Person("ruth", ("rules_analyst",))
CLARA, CORA = Person("clara", ("credit_manager",)), Person("cora", ("collector",))
CONRAD, FELIX = Person("conrad", ("controller",)), Person("felix", ("cfo",))
OLGA = Person("olga", ("operator", "publisher"))
MINUTE = timedelta(minutes=1)
WISH = Wish("RULE-17")

TABLE = """
table: orders/tolerance
title: Tolerance
policy: F
version_by: recorded
facts: {{risk_class: text}}
outcome: {{percent: number}}
default: {{percent: 0, because: none}}
rows: [{{id: R, risk_class: A, percent: {percent}, because: "class A", basis: house}}]
"""
CASES = """
- case: class A has its percents
  facts: {{risk_class: A}}
  expect: {{rows: [R], outcome: {{percent: {percent}}}}}
- case: nobody else has any
  facts: {{risk_class: B}}
  expect: {{rows: [], outcome: {{percent: 0}}}}
"""


def tolerance(percent: int, expected: int | None = None) -> Upload:
    files = {
        "tolerance.yaml": TABLE.format(percent=percent).encode(),
        "tolerance.cases.yaml": CASES.format(percent=percent if expected is None else expected).encode(),
    }
    return Upload(files, "tolerance.yaml")


def percent_of(book: RuleBook) -> object:
    return book.decide("orders/tolerance", {"risk_class": "A"}, NOON.date())["percent"]


def store_in(tmp_path: Path) -> Store:
    """Ten percent are in force, and the shipped tables of authority and lead."""
    folder = tmp_path / "books"
    for name in (AUTHORITY, LEAD):
        for ending in (".yaml", ".cases.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}{ending}").write_bytes((BOOKS / f"{name}{ending}").read_bytes())
    (folder / "orders").mkdir()
    for name, content in tolerance(10).files.items():
        (folder / "orders" / name).write_bytes(content)
    store = Store(tmp_path / "store")
    store.release(store.publish(folder), NOON - timedelta(days=30), Approval("shipped", "installation", "books"))
    return store


def at(store: Store, now: datetime = NOON) -> ReleaseDesk:
    return ReleaseDesk(store, now, examined_by=partial(examine, facts=50))


def approved(store: Store, upload: Upload, wish: Wish = WISH, now: datetime = NOON) -> str:
    filed = at(store, now).propose(RICK, upload, wish)
    at(store, now).review(CLARA, filed.proposal.id, approved=True, comment="")
    return filed.proposal.id
