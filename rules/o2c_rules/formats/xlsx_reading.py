"""A workbook to the tree of `source`: what a person moved, spaced out or typed in another way reads the same."""

from collections.abc import Iterator, Mapping

from o2c_rules.heads import PROSE, put, with_lists
from o2c_rules.source import Entries, Findings, Listing, Node, Place, Scalar, SheetPlace
from o2c_rules.values import Kind

from .archive import Unusable
from .grids import Grid, grid
from .layout import (
    CASES,
    COLUMNS,
    ENTRY,
    EXPECT,
    FACT,
    HEAD,
    HEADINGS,
    MATCHING,
    NAME,
    NO_ROWS,
    OTHERWISE,
    ROLE,
    ROLES,
    RULES,
    UNDECIDED,
    VALUE,
    WORDS,
)  # fmt: skip
from .typed_cells import text_of
from .workbook import Cell, Workbook, refusal

_OPTIONS = {heading: option for option, heading in HEADINGS.items()}
_NOTHING = ("", "~", "null")
Kinds = Mapping[str, Kind]


def read(content: bytes, findings: Findings) -> Entries | None:
    """The table of a workbook; None, with findings, where it holds none or may not be read."""
    sheets = _Sheets(content, findings)
    columns, head, rules = (sheets.grid(name) for name in (COLUMNS, HEAD, RULES))
    if columns is None or head is None or rules is None:
        return None
    top = Entries({}, {}, SheetPlace(sheets.called(HEAD), 1, 1))
    kinds = _columns(columns, top, findings)
    _head(head, top, findings)
    _rules(rules, top, kinds, findings)
    found = with_lists(top)
    return found if isinstance(found, Entries) else None


def read_cases(content: bytes, findings: Findings) -> Listing | None:
    """The golden cases of a workbook; None where it has no sheet of that name."""
    sheets = _Sheets(content, findings)
    if CASES not in sheets:
        return None
    columns, cases = sheets.grid(COLUMNS), sheets.grid(CASES)
    if columns is None or cases is None:
        return None
    kinds = _columns(columns, Entries({}, {}, 1), Findings(findings.file))
    rows = tuple(case for row in cases.rows if (case := _case(row, kinds, findings)))
    return Listing(rows, cases.headings["case"])


class _Sheets:
    """The sheets that count, whatever the case of their names and whatever stands between them."""

    def __init__(self, content: bytes, findings: Findings) -> None:
        self._findings = findings
        self._names: dict[str, str] = {}
        try:
            self._book: Workbook | None = Workbook(content)
            self._names = {name.strip().casefold(): name for name in self._book.names}
        except Unusable as error:
            self._book = None
            findings.found.append(refusal(error, findings.file))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def called(self, name: str) -> str:
        """The name of a sheet as its file has it."""
        return self._names[name]

    def grid(self, name: str) -> Grid | None:
        """The table of a sheet; None, with a finding, where there is none."""
        if self._book is None:
            return None
        if name not in self._names:
            there = ", ".join(self._names.values())
            self._findings.add(1, f"there is no sheet {name!r}", f"it has {there}; give the right one this name")
            return None
        try:
            return grid(self._book.sheet(self._names[name], self._findings), name, self._findings)
        except Unusable as error:
            self._findings.found.append(refusal(error, self._findings.file))
            return None


def _columns(columns: Grid, top: Entries, findings: Findings) -> Kinds:
    """Declare what the sheet of columns says; the kinds by name, where they are stated and known."""
    kinds: dict[str, Kind] = {}
    for row in columns.rows:
        texts = {heading: text_of(cell, None, findings) for heading, cell in row.items()}
        name, role = (texts.pop(heading, None) for heading in (NAME, ROLE))
        line = _first(row)
        if name is None or role is None or role.text.casefold() not in ROLES:
            findings.add(role.line if role else line, "a column without name or role", f"one of {', '.join(ROLES)}")
            continue
        part = ROLES[role.text.casefold()]
        group = _group(top, part, line)
        if name.text in group.items:
            findings.add(name.line, f"the column {name.text!r} a second time", "columns share one set of names")
            continue
        group.items[name.text], group.lines[name.text] = Entries({}, {}, name.line), name.line
        for heading, text in texts.items():
            option = f"{role.text.casefold()}.{name.text}.{_OPTIONS.get(heading, heading)}"
            put(top, Scalar(option, text.line), text, findings)
        if (stated := texts.get("type")) and stated.text in set(Kind):
            kinds[name.text] = Kind(stated.text)
    return kinds


def _group(top: Entries, part: str, line: Place) -> Entries:
    group = top.items.setdefault(part, Entries({}, {}, line))
    top.lines.setdefault(part, line)
    assert isinstance(group, Entries)
    return group


def _head(head: Grid, top: Entries, findings: Findings) -> None:
    for row in head.rows:
        if VALUE in row and ENTRY not in row:
            findings.add(row[VALUE].place, "a value without its entry", "write what it is into the column before it")
        elif VALUE in row:
            put(top, text_of(row[ENTRY], Kind.TEXT, findings), text_of(row[VALUE], None, findings), findings)


def _rules(rules: Grid, top: Entries, kinds: Kinds, findings: Findings) -> None:
    parts = {part: top.items.get(part) for part in ROLES.values()}
    names = {part: set(node.items) if isinstance(node, Entries) else set() for part, node in parts.items()}
    known = set().union(*names.values(), WORDS, ("id",))
    for heading, place in rules.headings.items():
        if heading not in known:
            findings.add(
                place,
                f"{heading!r} is no column of this table",
                f"declare it in the sheet {COLUMNS!r}, or empty the column",
            )
    rows: list[Node] = []
    for row in rules.rows:
        cells = {name: cell for name, cell in row.items() if name in known}
        if not cells:
            continue
        items: dict[str, Node] = dict(_row(cells, kinds, names["outcome"], findings))
        node = Entries(items, {name: item.line for name, item in items.items()}, _first(row))
        named = items.get("id")
        if isinstance(named, Scalar) and named.text.casefold() == OTHERWISE:
            _otherwise(node, top, findings)
        else:
            rows.append(node)
    top.items["rows"], top.lines["rows"] = Listing(tuple(rows), rules.headings["id"]), rules.headings["id"]


def _row(
    cells: Mapping[str, Cell], kinds: Kinds, outcomes: set[str], findings: Findings
) -> Iterator[tuple[str, Scalar]]:
    """A word such as null says "nothing" in the column of an answer only; elsewhere it is that word."""
    for name, cell in cells.items():
        text = text_of(cell, Kind.TEXT if name in PROSE or name == "id" else kinds.get(name), findings)
        yield name, Scalar(text.text, text.line, quoted=bool(text.text) and name not in outcomes)


def _otherwise(node: Entries, top: Entries, findings: Findings) -> None:
    if "default" in top.items:
        findings.add(node.line, "a second answer for when no row matches", f"keep one row {OTHERWISE}")
        return
    items = {
        name: item
        for name, item in node.items.items()
        if name != "id" and (name in PROSE or not (isinstance(item, Scalar) and item.text == "-"))
    }
    top.items["default"], top.lines["default"] = Entries(items, node.lines, node.line), node.line


def _case(row: Mapping[str, Cell], kinds: Kinds, findings: Findings) -> Entries | None:
    case = Entries({}, {}, _first(row))
    facts, expect, outcome = (Entries({}, {}, case.line) for _ in range(3))
    for heading, cell in row.items():
        into, name = _where(heading, case, facts, expect, outcome)
        node: Node = text_of(cell, kinds.get(name) if into in (facts, outcome) else None, findings)
        assert isinstance(node, Scalar)
        if heading in ("case", "note"):
            node = Scalar(node.text, node.line, quoted=True)
        elif heading == MATCHING:
            ids = [part.strip() for part in node.text.strip("[]").split(",") if part.strip()]
            node = Listing(tuple(Scalar(i, cell.place) for i in ids if i != NO_ROWS), cell.place)
        elif into is facts or (into is outcome and node.text.strip('"') in _NOTHING):
            node = _fact(node)
        into.items[name], into.lines[name] = node, cell.place
    if outcome.items:
        expect.items["outcome"], expect.lines["outcome"] = outcome, case.line
    case.items.update({"facts": facts, "expect": expect})
    case.lines.update({"facts": case.line, "expect": case.line})
    return case


def _where(heading: str, case: Entries, facts: Entries, expect: Entries, outcome: Entries) -> tuple[Entries, str]:
    if heading in ("case", "on", "note"):
        return case, heading
    if heading in (MATCHING, UNDECIDED):
        return expect, {MATCHING: "rows", UNDECIDED: "undecided"}[heading]
    if heading.startswith(EXPECT):
        return outcome, heading.removeprefix(EXPECT)
    return facts, heading.removeprefix(FACT)


def _fact(node: Scalar) -> Scalar:
    """A text in quotation marks is that very text, whatever it looks like."""
    text = node.text
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return Scalar(text[1:-1], node.line, quoted=True)
    return node


def _first(row: Mapping[str, Cell]) -> SheetPlace:
    return next(iter(row.values())).place
