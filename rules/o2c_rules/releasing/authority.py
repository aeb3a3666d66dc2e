"""Who may do what with rules, and how early: two tables, asked of the bundle in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from o2c_rules.calendar_book import FILE as CALENDARS
from o2c_rules.reading import name_of
from o2c_rules.rulebook import CASES, RuleBook, table_files
from o2c_rules.values import Facts, Value

AUTHORITY, LEAD = "reference/release-authority", "reference/release-lead"
CALENDARS_NAME = CALENDARS.partition(".")[0]


class Refusal(Exception):
    """What a person wanted with rules may not be done. `code` never changes its meaning."""

    def __init__(self, code: str, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.code, self.text, self.hint = code, text, hint


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose name and roles were verified by whoever asks on their behalf."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """The tables of one book, on one day. A book from before these tables is governed by the shipped ones."""

    book: RuleBook
    on: date

    def demand(self, who: Person, action: str, tables: Iterable[str], *, scoped: bool) -> None:
        """Refusal unless one of the person's roles may do this to each of the tables."""
        for table in tables:
            if not self.allows(who, action, table, scoped=scoped):
                have = ", ".join(who.roles) or "none"
                hint = f"rows of {AUTHORITY} that hold for {action} of {table} name the roles that may"
                raise Refusal("no-authority", f"{who.name} (roles: {have}) may not {action} {table}", hint)

    def allows(self, who: Person, action: str, table: str, *, scoped: bool) -> bool:
        """Whether any role of the person may."""
        area = table.partition("/")[0]
        facts: dict[str, Value] = {"action": action, "area": area, "table": table, "scoped": scoped}
        return any(self._ask(AUTHORITY, facts | {"role": role}, "allowed") is True for role in who.roles)

    def lead(self, action: str, *, scoped: bool) -> timedelta:
        """How long before its effect a release must lie in the store. Refusal where the table does not say."""
        found = self._ask(LEAD, {"action": action, "scoped": scoped}, "lead_seconds")
        if not isinstance(found, int | Decimal) or isinstance(found, bool):
            raise Refusal("no-lead", f"{LEAD} does not say how early a {action} must be made", "give it a row")
        return timedelta(seconds=float(found))

    def _ask(self, table: str, facts: Facts, outcome: str) -> Value:
        book = self.book if table in self.book.tables else RuleBook.shipped()
        return book.decide(table, facts, self.on)[outcome]


def changed_tables(base: RuleBook, book: RuleBook) -> tuple[str, ...]:
    """The tables of either book whose files, golden cases included, differ; `calendars` where these do."""
    differing = {n for n in base.files.keys() | book.files.keys() if base.files.get(n) != book.files.get(n)}
    names = {CALENDARS_NAME if name == CALENDARS else _table_of(name, base, book) for name in differing}
    return tuple(sorted(names))


def _table_of(file: str, base: RuleBook, book: RuleBook) -> str:
    """A file of cases belongs to the table beside it."""
    stem = file.removesuffix(CASES) if file.endswith(CASES) else file.rpartition(".")[0]
    known = {name for files in (base.files, book.files) for name in table_files(files)}
    return next((name_of(name) for name in known if name.rpartition(".")[0] == stem), name_of(f"{stem}.yaml"))
