"""The tree of `source` as a workbook that a credit manager reads, changes and hands back."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from o2c_rules.checking.flaws import Flaw
from o2c_rules.heads import flat, listed
from o2c_rules.source import Entries, Listing, Node, Scalar
from o2c_rules.table import Aggregation, Policy, VersionBy
from o2c_rules.values import Kind

from .layout import (
    CASES,
    COLUMNS,
    ENTRY,
    EXPLANATION,
    HEAD,
    HEADINGS,
    HOW_TO,
    NAME,
    OPTIONS,
    OTHERWISE,
    ROLE,
    ROLES,
    RULES,
    VALUE,
    WORDS,
)  # fmt: skip
from .xlsx_cases import write_cases
from .xlsx_pages import Page, Pages
from .xlsx_words import HINTS, HOW, MEANINGS, OPTIONS_MEAN

_COLOURS = {"facts": "blue", "derived": "blue", "outcome": "green"}
_TRUTHS = ("TRUE", "FALSE")
_WIDTHS = {"id": 22, "because": 60, "basis": 11, "source": 36, "note": 36}


def workbook(tree: Entries, cases: Listing | None, flaws: Sequence[Flaw] = ()) -> bytes:
    """A whole workbook; the flaws stand as comments on the rows that they concern."""
    pages = Pages()
    columns = {name: (part, options) for part, name, options in columns_of(tree)}
    kinds = {name: kind for name, (_, options) in columns.items() if (kind := kind_of(options))}
    _rules(pages.page(RULES), tree, columns, flaws)
    write_cases(pages.page(CASES), cases or Listing((), 0), columns, kinds)
    extra = dict(_columns(pages.page(COLUMNS), columns))
    _head(pages.page(HEAD), tree, extra)
    pages.page(HOW_TO).prose(HOW)
    return pages.content()


def columns_of(tree: Entries) -> Iterator[tuple[str, str, Entries]]:
    """Part, name and options of every column, facts first."""
    for part in ROLES.values():
        group = tree.items.get(part)
        for name, options in group.items.items() if isinstance(group, Entries) else ():
            assert isinstance(options, Entries)
            yield part, name, options


def kind_of(options: Entries) -> Kind | None:
    """The type of a column, where it is stated."""
    stated = options.items.get("type")
    return Kind(stated.text) if isinstance(stated, Scalar) else None


def allowed_in(options: Entries) -> list[str]:
    """The values that a column may have, as they are written."""
    if kind_of(options) is Kind.BOOLEAN:
        return list(_TRUTHS)
    allowed = options.items.get("allowed")
    return [item.text for item in allowed.items if isinstance(item, Scalar)] if isinstance(allowed, Listing) else []


def _rules(page: Page, tree: Entries, columns: Mapping[str, tuple[str, Entries]], flaws: Sequence[Flaw]) -> None:
    rows = tree.items["rows"]
    assert isinstance(rows, Listing)
    asked = {name for row in rows.items if isinstance(row, Entries) for name in row.items}
    facts = [name for name, (part, _) in columns.items() if part != "outcome"]
    first = ["id", *(name for name in facts if name in asked)]
    idle = [name for name in facts if name not in asked]
    names = [*first, *idle, *(name for name, (part, _) in columns.items() if part == "outcome"), *WORDS]
    page.band([(_hint(name, columns), _colour(name, columns)) for name in names])
    page.headings([(name, _colour(name, columns)) for name in names])
    top, default = page.row, tree.items.get("default")
    for column, name in enumerate(names):
        if name in columns and (values := allowed_in(columns[name][1])):
            is_fact = columns[name][0] != "outcome"
            page.pick(column, [*values, "-"] if is_fact else values, top + len(rows.items), only=not is_fact)
    told = _told(flaws)
    places: dict[str, int] = {}
    for row in rows.items:
        assert isinstance(row, Entries)
        id_ = _text(row, "id")
        places[id_] = page.row
        _row(page, row, names, columns, id_ in told)
    if isinstance(default, Entries):
        _row(page, Entries({"id": Scalar(OTHERWISE, 0), **default.items}, {}, 0), names, columns, False)
    for id_, text in told.items():
        page.say(places.get(id_, top - 1), 0, text)
    page.filtered(len(names), top - 1)
    if idle:
        page.hide(len(first), len(first) + len(idle) - 1)
    after = len(first) + len(idle)
    page.settle({at: _WIDTHS[name] for at, name in enumerate(names) if name in _WIDTHS}, after if idle else None)


def _row(
    page: Page, row: Entries, names: Sequence[str], columns: Mapping[str, tuple[str, Entries]], flawed: bool
) -> None:
    """One row; a fact that it does not ask about is a faint dash, an answer that it does not give is empty."""
    for column, name in enumerate(names):
        part, options = columns.get(name, ("", Entries({}, {}, 0)))
        asked = part in ("facts", "derived") and _text(row, "id") != OTHERWISE
        kind = kind_of(options) if part else None
        page.put(column, _text(row, name) or ("-" if asked else ""), kind, flawed=flawed and column == 0)
    page.row += 1


def _told(flaws: Sequence[Flaw]) -> dict[str, str]:
    """What to say at which row; under no row's id what concerns the table as a whole."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for flaw in flaws:
        example = ", ".join(f"{name} = {value}" for name, value in flaw.as_json()["counter_example"].items())
        lines = [f"{flaw.severity}, {flaw.kind}: {flaw.text}", flaw.hint, f"For example: {example}" if example else ""]
        for id_ in flaw.rows or ("",):
            said[id_].append("\n".join(filter(None, lines)))
    return {id_: "\n\n".join(dict.fromkeys(texts)) for id_, texts in said.items()}


def _columns(page: Page, columns: Mapping[str, tuple[str, Entries]]) -> Iterator[tuple[str, Node]]:
    """The sheet of columns; what does not fit into it is handed on for the head."""
    more = {option for _, options in columns.values() for option in options.items} - set(OPTIONS)
    options_shown = (*OPTIONS[:-1], *sorted(more), OPTIONS[-1])
    headings = (NAME, ROLE, *(HEADINGS.get(option, option) for option in options_shown))
    page.band([(OPTIONS_MEAN.get(name, ""), "grey") for name in headings])
    page.headings([(name, "grey") for name in headings])
    roles = {part: role for role, part in ROLES.items()}
    page.pick(1, list(ROLES), len(columns), only=True)
    page.pick(2, list(Kind), len(columns), only=True)
    for name, (part, options) in columns.items():
        page.put(0, name)
        page.put(1, roles[part])
        for column, option in enumerate(options_shown, 2):
            node = options.items.get(option)
            text = listed(node) if isinstance(node, Listing) else node.text if isinstance(node, Scalar) else ""
            if node is not None and (text is None or isinstance(node, Entries)):
                yield f"{roles[part]}.{name}.{option}", node
            kind = {"unit": Kind.NUMBER, "optional": Kind.BOOLEAN}.get(option)
            page.put(column, text or "", kind)
        page.row += 1
    page.filtered(2 + len(options_shown), 1)
    page.settle({2 + options_shown.index("note"): 40})


def _head(page: Page, tree: Entries, extra: Mapping[str, Node]) -> None:
    page.headings([(ENTRY, "grey"), (VALUE, "grey"), (EXPLANATION, "grey")])
    entries = {name: Scalar("", 0) for name in MEANINGS}
    parts = {"rows", "default", *ROLES.values()}
    for name, node in tree.items.items():
        if name not in parts:
            entries |= dict(flat(node, (name,)))
    for dotted, node in extra.items():
        entries |= dict(flat(node, tuple(dotted.split("."))))
    if any(name.startswith("kind.") for name in entries):
        del entries["kind"]
    picks = {"policy": Policy, "aggregation": Aggregation, "version_by": VersionBy}
    for name, value in entries.items():
        if name in picks:
            page.pick(1, list(picks[name]), 0, only=True, row=page.row)
        page.put(0, name)
        page.put(1, value.text, Kind.DATE if name.startswith("effective_") else None)
        page.put(2, MEANINGS.get(name, ""), faint=True)
        page.row += 1
    page.settle({0: 20, 1: 60, 2: 70})


def _hint(name: str, columns: Mapping[str, tuple[str, Entries]]) -> str:
    if name not in columns:
        return {"id": "row", "because": "why, in a sentence", "basis": "rests on"}.get(name, "")
    options = columns[name][1]
    kind = kind_of(options)
    unit = _text(options, "unit")
    note = _text(options, "note")
    stated = (HINTS[kind] if kind else _text(options, "is")) + (f", steps of {unit}" if unit else "")
    return f"{stated}. {note}" if note else stated


def _colour(name: str, columns: Mapping[str, tuple[str, Entries]]) -> str:
    return _COLOURS[columns[name][0]] if name in columns else "grey" if name == "id" else "sand"


def _text(node: Entries, name: str) -> str:
    found = node.items.get(name)
    return found.text if isinstance(found, Scalar) else ""
