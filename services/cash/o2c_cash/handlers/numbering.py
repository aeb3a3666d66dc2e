"""Is it a document that we have? Its number says so only together with who gave it, and with what it says."""

from typing import TypeVar

from o2c_chassis.working_set import WorkingSet

from o2c_cash import facts
from o2c_cash.domain.numbers import kind_of, named_apart, one_gateway, repeats
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance
from o2c_cash.tables.lookups import numbered

TABLE = "cash/numbers"
D = TypeVar("D", Payment, Remittance, PaymentReturn)


def told_apart(work: WorkingSet, document: D) -> D | None:
    """The document under the name that it shall have: its number, or a name of its own where that is taken. None: it
    is the one that we have, told again. Nothing is asked where the number is free."""
    held = numbered(work, type(document), document.number)
    if not held:
        return document
    kind, number = kind_of(document)
    own = [h for h in held if one_gateway(document, h)]
    again = any(repeats(document, h) for h in own)
    sheet = facts.number(kind, number, document.purse, same_gateway=bool(own), same_content=again)
    asked = work.ask(TABLE, sheet, subject=number)
    if asked["then"] == "repeat":
        return None
    return named_apart(document, doubted=asked["then"] == "doubt")
