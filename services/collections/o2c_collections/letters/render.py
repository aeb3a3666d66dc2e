"""From a letter's content to a PDF in the customer's language; pure, so that rendering twice gives the same letter."""

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from o2c_chassis.service import Document
from o2c_contracts.money import to_amount

_HERE = Path(__file__).parent
FALLBACK = "en"
PLACEHOLDERS = ("count", "total", "pay_by", "sender")
"""What the words of a letter may name in braces."""


def render(content: Mapping[str, Any]) -> Document:
    """The letter as a PDF, and the same words as the text of the message that carries it."""
    letter = layout(content)
    pdf = typst.compile(_template(), sys_inputs={"letter": json.dumps(letter)}, ignore_system_fonts=True)
    text = "\n\n".join(letter[part] for part in ("greeting", "body", "request", "closing", "sender"))
    return Document(f"{content['notice_id']}.pdf", pdf, "application/pdf", letter["title"], text)


def layout(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every text of the letter, filled in and formatted for its language."""
    language = content["language"] if content["language"] in labels() else FALLBACK
    say = labels()[language]
    total = _totals(content["lines"], say["locale"])
    sent_on, pay_by = (written(date.fromisoformat(content[name]), language) for name in ("sent_on", "pay_by"))
    filled = {"count": format_decimal(len(content["lines"]), locale=say["locale"]), "total": total, "pay_by": pay_by}
    words = {name: text.format_map(filled | {"sender": content["sender"]}) for name, text in content["words"].items()}
    return words | {
        "language": language,
        "labels": say,
        "sender": content["sender"],
        "to": content["to"],
        "to_lines": content["to_lines"],
        "heads": [
            [say["date"], sent_on],
            [say["customer"], content["customer_id"]],
            [say["reference"], content["notice_id"]],
        ],
        "columns": [say[name] for name in ("invoice", "your_number", "due", "days", "open", "claimed", "level")],
        "rows": [_row(line, date.fromisoformat(content["sent_on"]), language) for line in content["lines"]],
        "total": total,
        "credits": [amount(minor, currency, say["locale"]) for currency, minor in content["credits"].items()],
    }


@cache
def labels() -> dict[str, dict[str, str]]:
    """Language -> what stands around the text."""
    return tomllib.loads((_HERE / "words.toml").read_text(encoding="utf-8"))


def written(day: date, language: str) -> str:
    """A day in full; the month is spelled, for its number would be read in two ways. French has an ordinal first."""
    text = format_date(day, "long", locale=labels()[language]["locale"])
    return f"1er{text[1:]}" if language == "fr" and day.day == 1 else text


def amount(minor: int, currency: str, locale: str) -> str:
    """An amount as the language writes it."""
    return format_currency(to_amount(minor, currency), currency, locale=locale)


def _totals(lines: list[Mapping[str, Any]], locale: str) -> str:
    """What is claimed, per currency: currencies are never added up."""
    by_currency: dict[str, int] = {}
    for line in lines:
        by_currency[line["currency"]] = by_currency.get(line["currency"], 0) + line["claimed_minor"]
    return " + ".join(amount(minor, currency, locale) for currency, minor in sorted(by_currency.items()))


def _row(line: Mapping[str, Any], sent_on: date, language: str) -> list[str]:
    locale = labels()[language]["locale"]
    due_on = date.fromisoformat(line["due_on"])
    return [
        line["invoice_number"],
        line["external_ref"] or "",
        format_date(due_on, "medium", locale=locale),
        format_decimal(max(0, (sent_on - due_on).days), locale=locale),
        amount(line["open_minor"], line["currency"], locale),
        amount(line["claimed_minor"], line["currency"], locale),
        str(line["level"]),
    ]


@cache
def _template() -> bytes:
    return (_HERE / "dunning.typ").read_bytes()
