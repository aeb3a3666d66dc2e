"""The rows of a table: cells, answers, the sentence and its basis."""

import re
from decimal import Context, Decimal

from .cells import ANY, Cell, Interval
from .cells import parse as parse_cell
from .columns import RESERVED, value_of
from .expressions import Expression
from .expressions import parse as parse_expression
from .sentences import BadTemplate, check
from .source import ROWS_MOST, Entries, Findings, Listing, Node, Place, Scalar, spoken
from .table import Default, Fact, Outcome, Row
from .values import DIGITS_MOST, BadValue, Kind, Value

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOTHING = Scalar("", 0)
_ORDERED = (Kind.NUMBER, Kind.MONEY)
_EXACT = Context(prec=2 * DIGITS_MOST)


def read_rows(
    root: Entries, facts: tuple[Fact, ...], outcomes: tuple[Outcome, ...], findings: Findings
) -> tuple[Row, ...]:
    """All rows in order."""
    node = root.items.get("rows")
    if not isinstance(node, Listing) or not node.items:
        findings.add(root.lines.get("rows", root.line), "the table has no rows", "rows: followed by one entry per row")
        return ()
    if len(node.items) > ROWS_MOST:
        findings.add(node.line, f"{len(node.items)} rows", f"at most {ROWS_MOST}; split the table")
        return ()
    reader = _Reader(facts, outcomes, findings)
    return tuple(row for item in node.items if (row := reader.row(item)))


def read_default(
    root: Entries, outcomes: tuple[Outcome, ...], facts: tuple[Fact, ...], findings: Findings
) -> Default | None:
    """What the head says for the case that no row matches; a sentence alone says that then nothing is answered."""
    node = root.items.get("default")
    if node is None:
        return None
    if not isinstance(node, Entries):
        findings.add(node.line, "default is no set of answers", "default: {then: accept}")
        return None
    reader = _Reader(facts, outcomes, findings)
    reader.check_names(node, {o.name for o in outcomes} | {"because"})
    if set(node.items) == {"because"}:
        return Default({o.name: None for o in outcomes}, reader.sentence(node))
    return Default(reader.answers(node, "the default"), reader.sentence(node), reader.computed(node, "the default"))


class _Reader:
    def __init__(self, facts: tuple[Fact, ...], outcomes: tuple[Outcome, ...], findings: Findings) -> None:
        self._facts, self._outcomes, self._findings = facts, outcomes, findings
        self._ids: dict[str, Place] = {}
        self._names = {f.name for f in facts} | {o.name for o in outcomes} | RESERVED

    def row(self, node: Node) -> Row | None:
        if not isinstance(node, Entries):
            self._findings.add(node.line, "a row is no set of cells", '- {id: R1, amount: "< 100", then: hold}')
            return None
        self.check_names(node, self._names)
        id_ = self._id(node)
        for name in ("because", "basis", "source", "note"):
            if not isinstance(node.items.get(name, _NOTHING), Scalar):
                self._findings.add(node.lines[name], f"{name} is no text", "write one text; quote it if it has commas")
        return Row(
            id=id_,
            cells={f.name: cell for f in self._facts if not (cell := self._cell(node, f)).is_any},
            outcome=self.answers(node, f"row {id_}"),
            computed=self.computed(node, f"row {id_}"),
            because=self.sentence(node),
            basis=_plain(node, "basis"),
            source=_plain(node, "source"),
            note=_plain(node, "note"),
            line=node.line,
        )

    def check_names(self, node: Entries, known: set[str] | frozenset[str]) -> None:
        for name in node.items:
            if name not in known:
                self._findings.add(
                    node.lines[name], f"{name!r} is no column of this table", f"it has {', '.join(sorted(known))}"
                )

    def answers(self, node: Entries, whose: str) -> dict[str, Value]:
        return {o.name: None if o.computed else self._answer(node, o, whose) for o in self._outcomes}

    def computed(self, node: Entries, whose: str) -> dict[str, Expression]:
        cells = {o.name: self._expression(node, o, whose) for o in self._outcomes if o.computed}
        return {name: cell for name, cell in cells.items() if cell is not None}

    def sentence(self, node: Entries) -> str:
        text = _plain(node, "because")
        try:
            check(text, {f.name for f in self._facts} | {o.name for o in self._outcomes})
        except BadTemplate as error:
            self._findings.add(node.lines["because"], str(error), error.hint)
            return ""
        return text

    def _id(self, node: Entries) -> str:
        written = node.items.get("id")
        id_ = written.text.strip() if isinstance(written, Scalar) else ""
        if not _ID.fullmatch(id_):
            self._findings.add(node.line, f"a row with the id {id_!r}", "letters, digits, . _ -, such as C-07")
        elif id_ in self._ids:
            self._findings.add(
                node.line, f"row {id_!r} a second time", f"it stands already in {spoken(self._ids[id_])}"
            )
        self._ids.setdefault(id_, node.line)
        return id_

    def _written(self, node: Entries, outcome: Outcome, whose: str) -> Node | None:
        """What stands in an outcome's cell; None where it is empty, with a finding unless it may be."""
        written = node.items.get(outcome.name)
        if written is None or (isinstance(written, Scalar) and (written.is_null or written.text.strip() == "-")):
            if not outcome.optional:
                self._findings.add(
                    node.line, f"{whose} does not say {outcome.name}", "write it, or declare the outcome optional: true"
                )
            return None
        return written

    def _expression(self, node: Entries, outcome: Outcome, whose: str) -> Expression | None:
        written = self._written(node, outcome, whose)
        if written is None:
            return None
        line = node.lines[outcome.name]
        try:
            if not isinstance(written, Scalar):
                raise BadValue("a calculated outcome is one expression", "round(balance_minor * 0.02, 0)")
            cell = parse_expression(written.text.strip(), {fact.name: fact.kind for fact in self._facts})
            if cell.kind is not outcome.kind and not (outcome.kind is Kind.MONEY and cell.whole):
                raise BadValue(f"{cell.text!r} is a {cell.kind}, no {outcome.kind}", "make it so, or declare it so")
        except BadValue as error:
            self._findings.add(line, f"{outcome.name}: {error}", error.hint)
            return None
        return cell

    def _answer(self, node: Entries, outcome: Outcome, whose: str) -> Value:
        written = self._written(node, outcome, whose)
        if written is None:
            return None
        before = len(self._findings.found)
        value = value_of(written, outcome.kind, self._findings)
        if outcome.allowed and value not in outcome.allowed and len(self._findings.found) == before:
            allowed = ", ".join(map(str, outcome.allowed))
            self._findings.add(written.line, f"{outcome.name} {value!r} is not allowed", f"one of {allowed}")
        return value

    def _cell(self, node: Entries, fact: Fact) -> Cell:
        written = node.items.get(fact.name)
        if written is None:
            return ANY
        line = node.lines[fact.name]
        try:
            cell = parse_cell(_tests(written), fact.kind)
        except BadValue as error:
            self._findings.add(line, f"{fact.name}: {error}", error.hint)
            return ANY
        self._check_cell(cell, fact, line)
        return cell

    def _check_cell(self, cell: Cell, fact: Fact, line: Place) -> None:
        for test in cell.tests:
            if not isinstance(test, Interval):
                if fact.allowed and test not in fact.allowed:
                    allowed = ", ".join(map(str, fact.allowed))
                    self._findings.add(line, f"{fact.name}: {test!r} is not an allowed value", f"one of {allowed}")
            elif fact.kind in _ORDERED:
                self._check_unit(test, fact, line)

    def _check_unit(self, test: Interval, fact: Fact, line: Place) -> None:
        for bound in (test.low, test.high):
            if isinstance(bound, int | Decimal) and _EXACT.remainder(bound, fact.unit) != 0:
                self._findings.add(
                    line,
                    f"{fact.name}: {bound} is finer than its unit {fact.unit}",
                    f"declare the smallest step in the head: {fact.name}: {fact.kind} 0.01",
                )


def _tests(node: Node) -> str:
    """A cell's text; a YAML list of values is several tests. A quoted word of YAML stays a word."""
    if isinstance(node, Scalar):
        return "-" if node.is_null else node.text
    if isinstance(node, Listing) and all(isinstance(item, Scalar) for item in node.items):
        return ", ".join(item.text for item in node.items if isinstance(item, Scalar))
    raise BadValue("a cell that holds no tests", 'write tests such as "< 100", [a, b] or not(a)')


def _plain(node: Entries, name: str) -> str:
    found = node.items.get(name)
    return found.text.strip() if isinstance(found, Scalar) and not found.is_null else ""
