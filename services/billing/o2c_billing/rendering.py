"""Documents as PDF in the customer's language: data as values, never as markup; the same content, the same PDF."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from o2c_chassis.service import Document
from o2c_contracts.money import to_amount

Content = Mapping[str, Any]
FALLBACK = "en"
_LOCALES = {"en": "en_GB", "fr": "fr_FR", "es": "es_ES", "it": "it_IT", "ro": "ro_RO"}
_FOLDER = files(__package__) / "letters"


def render(content: Content) -> Document:
    """An invoice or a credit note, from the content that was kept when it was issued."""
    words = labels(content["language"])
    printed = printable(content)
    given = {"content": json.dumps(printed, ensure_ascii=False)}
    pdf: Any = typst.compile(_template(), sys_inputs=given, ignore_system_fonts=True)
    title = f"{words[content['kind']]} {content['number']}"
    return Document(
        name=f"{content['number']}.pdf",
        content=pdf,
        media_type="application/pdf",
        title=title,
        text=words["mail"].format(document=title, seller=content["seller"]["name"]),
    )


def printable(content: Content) -> dict[str, Any]:
    """Every number and date as it is written in the customer's language."""
    words = labels(content["language"])
    script = _Script(content["language"], content["currency"])
    return {
        "language": content["language"] if content["language"] in _LOCALES else FALLBACK,
        "title": words[content["kind"]],
        "number": content["number"],
        "seller": content["seller"],
        "buyer": content["buyer"],
        "labels": words,
        "head": _head(content, words, script),
        "lines": [_line(line, script) for line in content["lines"]],
        "taxes": [_tax(part, words, script) for part in content["taxes"]],
        "net": script.money(content["net_minor"]),
        "tax": script.money(content["tax_minor"]),
        "total": script.money(content["total_minor"]),
        "notes": [*(words["wordings"][name] for name in content["wordings"]), *content["mentions"]],
        "payable": content["kind"] == "invoice",
    }


def labels(language: str) -> dict[str, Any]:
    """The words of a document; English where the language is not kept."""
    catalogue = _catalogue()
    words: dict[str, Any] = catalogue.get(language, catalogue[FALLBACK])
    return words


class _Script:
    """How one language writes amounts, numbers and days."""

    def __init__(self, language: str, currency: str) -> None:
        self._locale = _LOCALES.get(language, _LOCALES[FALLBACK])
        self._currency = currency

    def money(self, minor: int) -> str:
        return format_currency(to_amount(minor, self._currency), self._currency, locale=self._locale)

    def price(self, amount: str) -> str:
        """A unit price may be finer than the currency."""
        return format_decimal(Decimal(amount), "#,##0.00##########", locale=self._locale)

    def number(self, written: str) -> str:
        return format_decimal(Decimal(written), "#,##0.############", locale=self._locale)

    def percent(self, written: str) -> str:
        gap = "" if self._locale in ("en_GB", "it_IT", "ro_RO") else "\N{NARROW NO-BREAK SPACE}"
        return f"{self.number(written)}{gap}%"

    def day(self, written: str) -> str:
        return format_date(date.fromisoformat(written), "long", locale=self._locale)


def _head(content: Content, words: Mapping[str, str], script: _Script) -> list[list[str]]:
    """Label and value of what stands above the lines; what is not there is left out."""
    rows = [(words["number"], content["number"]), (words["issued_on"], script.day(content["issued_on"]))]
    if due_on := content.get("due_on"):
        rows.append((words["due_on"], script.day(due_on)))
    if until := content.get("discount_until"):
        rows.append(
            (words["discount"], f"{script.percent(content['discount_percent'])} {words['until']} {script.day(until)}")
        )
    if credits := content.get("credits_invoice"):
        rows.append((words["credits"], f"{credits}, {script.day(content['credits_issued_on'])}"))
    if order := content.get("purchase_order"):
        rows.append((words["purchase_order"], order))
    if reference := content.get("external_ref"):
        rows.append((words["external_ref"], reference))
    return [list(row) for row in rows]


def _line(line: Mapping[str, Any], script: _Script) -> list[str]:
    first, last = line["from"], line["to"]
    period = (
        "" if first is None else script.day(first) if first == last else f"{script.day(first)} – {script.day(last)}"
    )
    return [
        line["description"],
        period,
        script.number(line["quantity"]),
        script.price(line["unit_price"]),
        script.money(line["net_minor"]),
    ]


def _tax(part: Mapping[str, Any], words: Mapping[str, Any], script: _Script) -> list[str]:
    name = words["tax"] if Decimal(part["rate_percent"]) else words["no_tax"]
    rate = f" {script.percent(part['rate_percent'])}" if Decimal(part["rate_percent"]) else ""
    return [f"{name}{rate} ({part['category']})", script.money(part["base_minor"]), script.money(part["tax_minor"])]


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    catalogue: dict[str, dict[str, Any]] = json.loads((_FOLDER / "labels.json").read_text("utf-8"))
    return catalogue


@cache
def _template() -> bytes:
    return (_FOLDER / "document.typ").read_bytes()
