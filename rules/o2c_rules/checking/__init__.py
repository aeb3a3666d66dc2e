"""Is a table right before anybody decides by it? Findings with facts that show them; never decides anything itself."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .flaws import Flaw, unreadable_flaws

if TYPE_CHECKING:
    from o2c_rules.rulebook import RuleBook

__all__ = ["Flaw", "check", "unreadable_flaws"]


def check(book: "RuleBook", tables: Iterable[str] | None = None) -> tuple[Flaw, ...]:
    """All that is wrong with the named tables of a book, or with all of them, in the order of files and rows.

    UnknownTable for a table that the book does not hold.
    """
    from .checker import flaws_of  # noqa: PLC0415 - the formats know findings, and a book knows the formats

    return flaws_of(book, book.tables if tables is None else tuple(tables))
