"""Who outside may write which event: the table `reference/sources`, asked once per source, type and day."""

from collections.abc import Callable
from datetime import date

from o2c_contracts.topics import OUTSIDE
from o2c_contracts.wire import Unreadable
from o2c_rules.rulebook import RuleBook

TABLE = "reference/sources"
_KEPT_MOST = 10_000
"""Sources are other people's words: their number has no bound of its own."""


class Sources:
    """Remembers the answers of the book in force; another book is asked anew. A bundle without the table allows all."""

    def __init__(self, rules: Callable[[], RuleBook]) -> None:
        self._rules = rules
        self._book: RuleBook | None = None
        self._refused: dict[tuple[str, str, str, date], str] = {}

    def demand(self, topic: str, source: str, type_: str, on: date) -> None:
        """Raises Unreadable (`source-not-allowed`) with the table's sentence. Our own topics have one writer each."""
        if topic not in OUTSIDE:
            return
        book = self._rules()
        if book is not self._book or len(self._refused) >= _KEPT_MOST:
            self._book, self._refused = book, {}
        asked = (topic, source, type_, on)
        why = self._refused.get(asked)
        if why is None:
            why = self._refused[asked] = _why_not(book, *asked)
        if why:
            raise Unreadable("source-not-allowed", why)


def _why_not(book: RuleBook, topic: str, source: str, type_: str, on: date) -> str:
    """Empty where it may."""
    if TABLE not in book.tables:
        return ""
    system = source.partition("/")[0]
    facts = {"sender": source, "system": system, "topic": topic, "type": type_}
    decision = book.decide(TABLE, facts, on)
    if decision["allowed"] is True:
        return ""
    return "; ".join(decision.because) or decision.undecided or f"{source} may not write {type_}"
