"""The sheet of golden cases: one line per case, its facts, and what must come out."""

from collections.abc import Iterator, Mapping

from o2c_rules.source import Entries, Listing, Scalar
from o2c_rules.values import Kind

from .layout import CASE_WORDS, EXPECT, FACT, MATCHING, NO_ROWS, UNDECIDED
from .xlsx_pages import Page

_NULLS = ("", "~", "null")


def write_cases(
    page: Page, cases: Listing, columns: Mapping[str, tuple[str, Entries]], kinds: Mapping[str, Kind]
) -> None:
    """All cases; a fact's column is there when any case knows it, and so is what is expected."""
    found = [case for case in cases.items if isinstance(case, Entries)]
    facts = _names(found, "facts", columns)
    answers = _names([_part(case, "expect") for case in found], "outcome", columns)
    if not found:
        facts = [name for name, (part, _) in columns.items() if part == "facts"]
        answers = [name for name, (part, _) in columns.items() if part == "outcome"]
    headings = {"case": "grey", "on": "grey"} | dict.fromkeys(map(_heading, facts), "blue")
    headings |= (
        {MATCHING: "green", UNDECIDED: "green"} | {f"{EXPECT}{name}": "green" for name in answers} | {"note": "sand"}
    )
    band = {"case": "what it shows", "on": "day; may be empty", MATCHING: "ids; - for none", UNDECIDED: "TRUE or empty"}
    page.band([(band.get(name, ""), colour) for name, colour in headings.items()])
    page.headings(list(headings.items()))
    places = {name: at for at, name in enumerate(headings)}
    for name in answers:
        allowed = _allowed(columns, name)
        if allowed:
            page.pick(places[f"{EXPECT}{name}"], [*allowed, "null"], page.row + len(found), only=False)
    for case in found:
        for column in places.values():
            page.put(column, "")
        for heading, text, kind in _cells(case, kinds):
            page.put(places[heading], text, kind)
        page.row += 1
    page.filtered(len(headings), 1)
    page.settle({places["case"]: 44, places["note"]: 36})


def _cells(case: Entries, kinds: Mapping[str, Kind]) -> Iterator[tuple[str, str, Kind | None]]:
    expect = _part(case, "expect")
    for name in ("case", "on", "note"):
        if isinstance(node := case.items.get(name), Scalar):
            yield name, node.text, Kind.DATE if name == "on" else None
    for name, node in _part(case, "facts").items.items():
        assert isinstance(node, Scalar)
        yield _heading(name), _fact(node, kinds.get(name)), kinds.get(name)
    if isinstance(rows := expect.items.get("rows"), Listing):
        yield MATCHING, ", ".join(item.text for item in rows.items if isinstance(item, Scalar)) or NO_ROWS, None
    if isinstance(node := expect.items.get("undecided"), Scalar):
        yield UNDECIDED, node.text, Kind.BOOLEAN
    for name, node in _part(expect, "outcome").items.items():
        assert isinstance(node, Scalar)
        text = f'"{node.text}"' if node.quoted and node.text in _NULLS else node.text or "null"
        yield f"{EXPECT}{name}", text, kinds.get(name)


def _fact(node: Scalar, kind: Kind | None) -> str:
    """The fact as a cell: empty would be unknown, so nothing is the word null, and an empty text is two marks."""
    text = node.text
    if not node.quoted:
        return text or "null"
    odd = text in _NULLS or text != text.strip() or text[0] == '"' or kind is None
    return f'"{text}"' if odd else text


def _heading(name: str) -> str:
    small = name.casefold()
    taken = small in CASE_WORDS or small.startswith((EXPECT, FACT)) or name != name.strip()
    return f"{FACT}{name}" if taken else name


def _names(nodes: list[Entries], part: str, columns: Mapping[str, tuple[str, Entries]]) -> list[str]:
    """The names in use, in the order in which the table declares them, then the others."""
    used = dict.fromkeys(name for node in nodes for name in _part(node, part).items)
    return [*(name for name in columns if name in used), *(name for name in used if name not in columns)]


def _part(node: Entries, name: str) -> Entries:
    found = node.items.get(name)
    return found if isinstance(found, Entries) else Entries({}, {}, 0)


def _allowed(columns: Mapping[str, tuple[str, Entries]], name: str) -> list[str]:
    allowed = columns[name][1].items.get("allowed") if name in columns else None
    return [item.text for item in allowed.items if isinstance(item, Scalar)] if isinstance(allowed, Listing) else []
