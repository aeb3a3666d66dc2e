"""Whose fault it is decides what happens. What is not surely the record's is the world's.

the record's    Unreadable                          parked, blocks nobody
                HandlerFailed                       parked, its family waits whole
                NoBooks                             from outside: parked, blocks nobody
                refused by the database (22, 23)    parked, its family waits whole
a person's      Refused                             the command changes nothing; its answer says why
the world's     everything else                     the slice comes again, nothing was committed
                Overtaken                           another holder of the partition moved on: read the position again
                Again                               other families than we locked, or an identity taken meanwhile
                Lost                                records we have not read are gone: stop, a person decides
"""

from o2c_contracts.wire import FromTheFuture, Unreadable

__all__ = [
    "Again",
    "FamilyMoved",
    "FromTheFuture",
    "HandlerFailed",
    "IdentityTaken",
    "Lost",
    "NoBooks",
    "NotLoaded",
    "Overtaken",
    "Refused",
    "Unreadable",
]


class HandlerFailed(Exception):
    """A handler raised, or asked for what its event's needs did not name."""


class NoBooks(HandlerFailed):
    """It concerns a legal entity for which no books are kept: nothing that comes later can depend on it."""

    code = "unknown-entity"


class NotLoaded(HandlerFailed):
    """A handler asked for rows its event did not name. In a slice: try the event alone; alone: a defect."""


class Refused(Exception):
    """A person's command that may not be done. Nothing is claimed: the same key may be used again later."""

    def __init__(self, code: str, text: str, hint: str = "", status: int = 409) -> None:
        super().__init__(text)
        self.code, self.text, self.hint, self.status = code, text, hint, status


class Overtaken(Exception):
    """Another holder of this partition has moved on: drop the slice and read the position again."""


class Again(Exception):
    """Nothing was committed, and the same transaction begun anew will see what has changed."""


class FamilyMoved(Again):
    """Under the lock it is another family than was guessed. Raised before anything is written."""


class IdentityTaken(Again):
    """The same identity came by another road while this one was being handled. The transaction can only be undone."""


class Lost(Exception):
    """Records we have not read are gone, or the topic is another one: a person must decide; nothing is skipped."""


def of_the_record(error: BaseException) -> bool:
    """Only what surely is the record's fault: unreadable, its handler raised, or its values are refused by SQL."""
    sqlstate = getattr(error, "sqlstate", None) or ""
    return isinstance(error, Unreadable | HandlerFailed) or sqlstate[:2] in ("22", "23")
