"""What stands in a workbook's cell as the text that a rule file would hold."""

import re
from datetime import date
from decimal import Decimal

from o2c_rules.source import TEXT_MOST, Findings, Scalar
from o2c_rules.values import Kind

from .workbook import Cell

_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\ufeff]")
_PERCENT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*%")
_TRUTHS = {"true": "true", "false": "false", "wahr": "true", "falsch": "false", "vrai": "true", "faux": "false"}


def text_of(cell: Cell, kind: Kind | None, findings: Findings) -> Scalar:
    """The text, read by the kind of its column (None where it is not known yet); a finding where it does not count."""
    if cell.problem:
        hint = (
            "write the value itself; a formula is not read" if "formula" in cell.problem else "write the value itself"
        )
        findings.add(cell.place, cell.problem, hint)
        return Scalar("", cell.place)
    value = cell.value
    if isinstance(value, bool):
        return Scalar("true" if value else "false", cell.place)
    if isinstance(value, Decimal):
        return Scalar(_number(cell, value, kind, findings), cell.place)
    if isinstance(value, date):
        return Scalar(value.isoformat(), cell.place)
    text = value or ""
    if len(text) > TEXT_MOST:
        findings.add(cell.place, f"a text of {len(text):,} characters", f"at most {TEXT_MOST:,} are read")
        return Scalar("", cell.place)
    return Scalar(_typed(text, kind), cell.place)


def plain(value: Decimal) -> str:
    """A number as digits, without exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(cell: Cell, value: Decimal, kind: Kind | None, findings: Findings) -> str:
    if not cell.currency or kind not in (Kind.MONEY, None):
        return plain(value)
    if cell.currency == "?":
        findings.add(
            cell.place,
            f"{plain(value)} in a currency that its format does not name",
            f"write {plain(value)} USD as text",
        )
        return plain(value)
    return f"{plain(value)} {cell.currency}"


def _typed(text: str, kind: Kind | None) -> str:
    if kind in (None, Kind.TEXT):
        return text
    text = _SPACES.sub(" ", text).strip()
    if kind is Kind.BOOLEAN:
        return _TRUTHS.get(text.casefold(), text)
    if kind is Kind.NUMBER and (share := _PERCENT.fullmatch(text)):
        return plain(Decimal(share[1]).scaleb(-2))
    return text
