"""What later happened to the documents that decisions were about, out of what the services exported of them.

A service says of a document: kind, document, customer_id, legal_entity, currency, total_minor, and whatever it knows of
open_minor, paid_minor, discount_minor, credited_minor, written_off_minor, due_on, settled_on, disputed, status, and
`about`: the other names under which decisions spoke of it. What two services say of one document is put together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .manifest import parts_of, services
from .reading import outcome_lines

UNKNOWN, OPEN, OVERDUE, ON_TIME, LATE, SETTLED = "unknown", "open", "overdue", "paid on time", "paid late", "settled"
DISPUTED, CREDITED, WRITTEN_OFF, RETURNED = "disputed", "credited", "written off", "returned"
_FIRST = (ON_TIME, LATE, SETTLED, OPEN, OVERDUE, DISPUTED, CREDITED, WRITTEN_OFF, RETURNED)


@dataclass(slots=True)
class Fate:
    """What became of some documents. One that was disputed and paid late counts under both."""

    documents: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    days_late: list[int] = field(default_factory=list)
    """Of those that were settled, and had a day on which they were due: negative for early ones."""

    @property
    def days_late_mean(self) -> float | None:
        """Over the documents settled after their due date."""
        late = [days for days in self.days_late if days > 0]
        return round(sum(late) / len(late), 1) if late else None

    def as_json(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            **{name.replace(" ", "_"): count for name, count in sorted(self.counts.items())},
            "days_late_mean": self.days_late_mean,
            "days_late_most": max((days for days in self.days_late if days > 0), default=None),
        }

    def in_words(self) -> str:
        """`12 paid late (23.5 days), 2 disputed`."""
        names = (*_FIRST, *sorted(self.counts.keys() - {*_FIRST, UNKNOWN}), UNKNOWN)
        days = f" ({self.days_late_mean:g} days)" if self.days_late_mean is not None else ""
        return ", ".join(f"{self.counts[n]} {n}{days if n == LATE else ''}" for n in names if self.counts[n])


class Fates:
    """The documents behind some subjects of decisions."""

    def __init__(self, root: Path, subjects: Iterable[str]) -> None:
        """Reads the exported outcomes twice: which documents the subjects stand for, then what became of these."""
        wanted, self._documents = set(subjects), dict[str, set[str]]()
        self._known: dict[str, dict[str, Any]] = {}
        for document in _outcomes(root) if wanted else ():
            name = document["document"]
            for spoken in wanted.intersection((name, *document.get("about", ()))):
                self._documents.setdefault(spoken, set()).add(name)
        named = {name for names in self._documents.values() for name in names}
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        for document in _outcomes(root) if named else ():
            if document["document"] in named:
                latest[document["service"], document["document"]] = document
        for (_, name), document in latest.items():
            merged = self._known.setdefault(name, {})
            merged |= {k: v for k, v in document.items() if v is not None and not (k == "disputed" and merged.get(k))}

    def of(self, subjects: Iterable[str], today: date) -> Fate:
        """What became of the documents behind these subjects; one that no service told of is unknown."""
        found = Fate()
        names: set[str] = set()
        for subject in set(subjects):
            behind = self._documents.get(subject)
            if behind is None:
                found.documents += 1
                found.counts[UNKNOWN] += 1
            names |= behind or set()
        paid = [self._known[name] for name in sorted(names)]
        # An order stands for its invoices: where they are known, what the order itself says adds nothing.
        for document in [d for d in paid if d["kind"] != "order"] or paid:
            _count(found, document, today)
        return found


def _count(found: Fate, document: Mapping[str, Any], today: date) -> None:
    found.documents += 1
    late = _days_late(document)
    found.counts[_ended(document, late, today)] += 1
    if late is not None:
        found.days_late.append(late)
    for name, told in (
        (CREDITED, "credited_minor"),
        (WRITTEN_OFF, "written_off_minor"),
        (RETURNED, "returned_minor"),
        (DISPUTED, "disputed"),
    ):
        if document.get(told):
            found.counts[name] += 1


def _ended(document: Mapping[str, Any], late: int | None, today: date) -> str:
    if late is not None:
        return LATE if late > 0 else ON_TIME
    if document.get("settled_on") or document.get("open_minor") == 0:
        return SETTLED
    if "open_minor" not in document:
        return f"{document['kind']} {document['status']}" if document.get("status") else UNKNOWN
    due = document.get("due_on")
    return OVERDUE if due and date.fromisoformat(due) < today else OPEN


def _days_late(document: Mapping[str, Any]) -> int | None:
    """None where it is not settled, or was settled without any payment."""
    due, settled = document.get("due_on"), document.get("settled_on")
    if document.get("paid_minor") == 0:
        return None
    return (date.fromisoformat(settled) - date.fromisoformat(due)).days if due and settled else None


def _outcomes(root: Path) -> Iterable[dict[str, Any]]:
    for service in services(root):
        for _, document in outcome_lines(root / service, parts_of(root / service)):
            yield document | {"service": service}
