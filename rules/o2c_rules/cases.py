"""Golden cases: facts, the answer a table must give, and a sentence that says why. They lie beside the table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from . import hints
from .columns import value_of
from .decision import Decision
from .formats import cases_in
from .formats.xlsx_reading import read_cases
from .reading import name_of, table_as_far
from .rulebook import CASES, RuleBook, table_files
from .source import BadTable, Entries, Finding, Findings, Listing, Node, Scalar
from .table import Table
from .values import BadValue, Facts, Kind, Value, literal

_KNOWN = frozenset({"case", "facts", "expect", "on", "note"})
_EXPECT = frozenset({"rows", "outcome", "undecided"})
_GUESSES = (Kind.BOOLEAN, Kind.NUMBER, Kind.DATE)
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case, with its place in the file."""

    where: str
    table: str
    sentence: str
    facts: Mapping[str, Value]
    on: date
    rows: tuple[str, ...] | None = None
    outcome: Mapping[str, Value] | None = None
    undecided: bool = False
    note: str = ""

    def failures(self, book: RuleBook) -> Iterator[str]:
        """What the table answers otherwise than this case says; nothing when it holds."""
        decision = book.decide(self.table, self.facts, self.on)
        where = f"{self.where}: {self.sentence!r}:"
        for expected, answered in self.contradictions(decision):
            why = "; " + "; ".join(decision.explain().sentences()) if expected.startswith("rows ") else ""
            yield f"{where} expected {expected}, got {answered.removeprefix('rows ')}{why}"

    def contradictions(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """What was expected and what was answered instead, wherever the decision is another than this case says."""
        if self.undecided != (decision.undecided is not None):
            yield f"{'un' * self.undecided}decided", decision.undecided or "a decision"
        rows = tuple(row.id for row in decision.rows)
        if self.rows is not None and rows != self.rows:
            yield f"rows {list(self.rows)}", f"rows {list(rows)}"
        for name, value in (self.outcome or {}).items():
            if (found := decision[name]) != value or isinstance(found, bool) != isinstance(value, bool):
                yield f"{name} {value!r}", repr(found)


def cases_of(book: RuleBook, table: str) -> tuple[Case, ...]:
    """All golden cases of a table, of whichever version, those in workbooks too. BadTable with all that is wrong."""
    problems: list[Finding] = []
    found = _cases_in(book.files, table, book.versions(table), problems)
    if problems:
        raise BadTable(problems)
    return found


def problems_in_cases(files: Mapping[str, bytes], tables: Iterable[str]) -> list[Finding]:
    """What is wrong with the golden cases of these tables, also where a table itself cannot be used: then as far as it
    can be read."""
    problems: list[Finding] = []
    for name in tables:
        read = [table_as_far(f, files[f], Findings(f)) for f in table_files(files) if name_of(f) == name]
        versions = sorted((table for table in read if table), key=lambda table: table.effective_from)
        if versions and all(table.rows and table.outcomes for table in versions):
            _cases_in(files, name, tuple(versions), problems)
    return problems


def _cases_in(
    files: Mapping[str, bytes], table: str, versions: tuple[Table, ...], problems: list[Finding]
) -> tuple[Case, ...]:
    found: list[Case] = []
    for name, content in files.items():
        beside = name.endswith(CASES) and name_of(name.removesuffix(CASES) + ".yaml") == table
        if beside or (name.endswith(".xlsx") and name_of(name) == table):
            findings = Findings(name)
            written = cases_in(content, findings) if beside else read_cases(content, findings)
            nodes = written.items if written else ()
            found += [case for node in nodes if (case := _case(node, table, versions, findings))]
            problems += findings.found
    return tuple(found)


def _case(node: Node, table: str, versions: tuple[Table, ...], findings: Findings) -> Case | None:
    if not isinstance(node, Entries):
        findings.add(node.line, "a case is no set of names", "- case: a sentence")
        return None
    _known(node, _KNOWN, findings)
    sentence, facts, expect = node.items.get("case"), node.items.get("facts"), node.items.get("expect")
    if not (isinstance(sentence, Scalar) and isinstance(facts, Entries) and isinstance(expect, Entries)):
        findings.add(node.line, "a case lacks its sentence, its facts or what is expected", "case, facts, expect")
        return None
    _known(expect, _EXPECT, findings)
    on = _day(node.items.get("on"), versions, findings)
    version = version_on(versions, on)
    undecided = expect.items.get("undecided")
    case = Case(
        where=f"{findings.file}:{node.line}",
        table=table,
        sentence=sentence.text,
        facts=facts_of(facts, version, findings),
        on=on,
        rows=_rows(expect, version, findings),
        outcome=_outcome(expect, version, findings),
        undecided=undecided is not None and value_of(undecided, Kind.BOOLEAN, findings) is True,
        note=noted.text if isinstance(noted := node.items.get("note"), Scalar) else "",
    )
    if not (case.undecided or "rows" in expect.items or _says_anything(expect.items.get("outcome"))):
        hint = "rows: [R1], rows: [] for none, outcome: {then: hold} or undecided: true"
        findings.add(node.line, "the case expects nothing, so it would hold whatever the table answers", hint)
    return case


def _says_anything(outcome: Node | None) -> bool:
    return outcome is not None and not (isinstance(outcome, Entries) and not outcome.items)


def _known(node: Entries, known: frozenset[str], findings: Findings) -> None:
    for name in node.items:
        if name not in known:
            findings.add(node.lines[name], f"{name!r} is unknown here", f"known: {', '.join(sorted(known))}")


def _day(node: Node | None, versions: tuple[Table, ...], findings: Findings) -> date:
    """The date of the case; without one, a day on which the newest version is in force."""
    if node is not None and isinstance(day := value_of(node, Kind.DATE, findings), date):
        return day
    return default_day(versions)


def default_day(versions: tuple[Table, ...]) -> date:
    """The day of a case that names none: one on which the newest version is in force."""
    newest = versions[-1]
    return min(max(FIRST_DAY, newest.effective_from), newest.effective_to)


def version_on(versions: tuple[Table, ...], on: date) -> Table:
    """The version in force on a day; the newest where none is."""
    return next((t for t in versions if t.effective_from <= on <= t.effective_to), versions[-1])


def facts_of(node: Entries, version: Table, findings: Findings) -> Facts:
    """A fact sheet as a person writes it, read by the types that the table declares."""
    kinds = {fact.name: fact.kind for fact in version.facts}
    return {name: _fact(item, kinds.get(name), findings) for name, item in node.items.items()}


def _fact(node: Node, kind: Kind | None, findings: Findings) -> Value:
    """By the declared type where it fits; a text where it does not, so that a wrong type can be a case too. A number
    that is only written in another way, such as 10,000.00 EUR, is a slip and no wrong type."""
    if not isinstance(node, Scalar):
        findings.add(node.line, "a fact is one value", "write one value")
        return None
    if node.is_null:
        return None
    if kind is Kind.TEXT or (kind is None and node.quoted):
        return node.text
    for guess in (kind,) if kind else _GUESSES:
        try:
            return literal(node.text, guess)
        except BadValue as error:
            if kind in (Kind.NUMBER, Kind.MONEY) and hints.is_respelled(node.text, is_money=kind is Kind.MONEY):
                findings.add(node.line, str(error), error.hint)
    return node.text


def _rows(expect: Entries, version: Table, findings: Findings) -> tuple[str, ...] | None:
    node = expect.items.get("rows")
    if node is None:
        return None
    if not isinstance(node, Listing):
        findings.add(node.line, "rows is no list", "rows: [R1]")
        return None
    known = {row.id for row in version.rows}
    ids = [item.text for item in node.items if isinstance(item, Scalar)]
    for id_ in ids:
        if id_ not in known:
            since = "" if version.effective_from == date.min else f" from {version.effective_from} on"
            text = f"{id_!r} is no row of {version.name}{since}"
            findings.add(node.line, text, f"it has {', '.join(sorted(known))}")
    return tuple(ids)


def _outcome(expect: Entries, version: Table, findings: Findings) -> Mapping[str, Value] | None:
    node = expect.items.get("outcome")
    if node is None:
        return None
    if not isinstance(node, Entries):
        findings.add(node.line, "outcome is no set of names", "outcome: {then: hold}")
        return None
    kinds = {outcome.name: outcome.kind for outcome in version.outcomes}
    _known(node, frozenset(kinds), findings)
    return {
        name: None if isinstance(item, Scalar) and item.is_null else value_of(item, kinds[name], findings)
        for name, item in node.items.items()
        if name in kinds
    }
