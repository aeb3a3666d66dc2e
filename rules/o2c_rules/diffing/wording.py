"""Boxes of two versions in an analyst's words: what is told, and what is not."""

from collections.abc import Iterator

from o2c_rules.checking.space import Box
from o2c_rules.checking.wording import currency_of, side_text

from .joint import JointColumn, JointSpace


def where_text(space: JointSpace, box: Box) -> str:
    """What a box holds: `currency GBP, amount from 100.00 GBP or not given`; columns in which it holds everything that
    either version decides about are left out."""
    known = currency_of(space.columns, box)
    parts = [
        f"{column.name} {' or '.join(_side(column, codes, known))}"
        for column, codes in zip(space.joint, box, strict=True)
        if codes & column.every != column.every
    ]
    return ", ".join(parts) or "any facts"


def _side(column: JointColumn, codes: int, currency: str | None) -> Iterator[str]:
    if codes & column.present == column.present:
        yield _anything(column)
    elif codes & column.present:
        yield side_text(column, codes, currency)
    yield from _gone(column, codes)


def _gone(column: JointColumn, codes: int) -> Iterator[str]:
    """What is no value, or none that is allowed."""
    coder, found = column.coder, column.gone_in(codes)
    if coder.null in found and coder.missing in found:
        yield "not given"
    elif coder.missing in found:
        yield "missing"
    elif coder.null in found:
        yield "null"
    if coder.wrong in found:
        yield _strange(column)


def _strange(column: JointColumn) -> str:
    if column.fact.expression:
        return "without a value"
    return "not allowed" if column.fact.allowed else f"no {column.fact.kind}"


def _anything(column: JointColumn) -> str:
    if column.coder.wrong not in column.gone:
        return "given"
    if column.fact.expression:
        return "of any value"
    return "allowed" if column.fact.allowed else f"any {column.fact.kind}"
