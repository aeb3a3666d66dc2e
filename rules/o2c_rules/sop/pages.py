"""All pages of a book, by their path below the folder of pages; and which pages of a folder no longer fit."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from o2c_rules.calendar_book import FILE as CALENDARS
from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook

from .calendars import page_of_calendars
from .page import MADE, page_of

INDEX = "README.md"
CALENDAR_PAGE = "calendars.md"


def pages(book: RuleBook) -> Mapping[str, str]:
    """Path -> text: an index, a page for each table, one for the calendars."""
    found = {f"{name}.md": _page(book, name) for name in book.tables}
    if CALENDARS in book.files:
        found[CALENDAR_PAGE] = page_of_calendars(book.files[CALENDARS])
    return {INDEX: _index(book), **found}


def stale(wanted: Mapping[str, str], folder: Path) -> Iterator[str]:
    """What is wrong with the pages of a folder: missing, out of date, or of a table that is no more."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")} if folder.is_dir() else set()
    for path, text in wanted.items():
        if path not in there:
            yield f"{path} is missing"
        elif (folder / path).read_text(encoding="utf-8") != text:
            yield f"{path} is not what the table says today"
    for path in sorted(there - set(wanted)):
        yield f"{path} belongs to no table"


def _page(book: RuleBook, name: str) -> str:
    versions = book.versions(name)
    return page_of(versions, _purpose(book.files.get(versions[-1].file, b"")), cases_of(book, name))


def _purpose(content: bytes) -> str:
    """The lines of comment at the top of a file of YAML; a file of CSV keeps its head there."""
    lines = []
    for line in content.decode(errors="replace").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# ").strip())
    return "" if any(line.startswith("table:") for line in lines) else " ".join(lines)


def _index(book: RuleBook) -> str:
    blocks = ["# Procedures", f"How order to cash decides, table by table. {MADE} `o2c rules docs` writes all pages."]
    for part in dict.fromkeys(name.partition("/")[0] for name in book.tables):
        mine = [name for name in book.tables if name.partition("/")[0] == part]
        lines = [f"| {_link(book, name)} | {len(book.versions(name)[-1].rows)} |" for name in mine]
        blocks.append("\n".join([f"## {part.capitalize()}", "", "| procedure | rules |", "|---|--:|", *lines]))
    if CALENDARS in book.files:
        blocks.append(f"## Business time\n\n[Calendars]({CALENDAR_PAGE})")
    return "\n\n".join(blocks) + "\n"


def _link(book: RuleBook, name: str) -> str:
    title = (book.versions(name)[-1].title or name).replace("|", "\\|")
    return f"[{title}]({name}.md)"
