"""The letter on paper: every language and level has all its words, filled in and formatted."""

import json
import re
from datetime import date

import pytest
from o2c_collections.handlers.letters import CHANNELS, WORDS
from o2c_collections.letters.render import FALLBACK, PLACEHOLDERS, labels, layout, render, written
from o2c_rules.rulebook import RuleBook

LANGUAGES = ("en", "fr", "es", "it", "ro")
LINE = {
    "invoice_number": "DE01-INV-2026-000007",
    "external_ref": "PO-7",
    "currency": "EUR",
    "due_on": "2026-03-02",
    "open_minor": 123_456,
    "claimed_minor": 100_000,
    "level": 2,
    "raised": True,
}


def content(book: RuleBook, language: str = "en", level: int = 1, **more: object) -> dict:
    words = book.decide(WORDS, {"language": language, "level": level}, date(2026, 3, 12))
    return {
        "notice_id": "N1",
        "language": words["written_in"],
        "sender": "Nordwind Handel GmbH",
        "to": "Adler & Söhne",
        "to_lines": ["Hauptstraße 1", "10115 Berlin"],
        "customer_id": "C1",
        "sent_on": "2026-03-12",
        "pay_by": "2026-04-01",
        "lines": [LINE],
        "words": {name: words[name] for name in ("title", "greeting", "body", "request", "closing")},
        "credits": {"EUR": 5_000},
    } | more


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_language_and_level_has_all_words_and_leaves_no_gap(book: RuleBook, language: str, level: int):
    letter = layout(content(book, language, level))

    assert letter["language"] == language
    shown = [letter[name] for name in ("title", "greeting", "body", "request", "closing")]
    assert all(shown)
    assert [text for text in shown if re.search(r"[{}]", text)] == []
    assert "1" in letter["body"] or letter["total"] in letter["body"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_name_nothing_that_is_not_filled_in(book: RuleBook, language: str):
    for row in book.versions(WORDS)[0].rows:
        named = {name for text in row.outcome.values() for name in re.findall(r"{(\w+)}", str(text))}

        assert named <= set(PLACEHOLDERS), row.id


def test_every_language_has_every_label():
    assert set(labels()) == set(LANGUAGES)
    assert {tuple(sorted(words)) for words in labels().values()} == {tuple(sorted(labels()[FALLBACK]))}


def test_each_level_is_worded_differently_and_the_first_threatens_nobody(book: RuleBook):
    for language in LANGUAGES:
        letters = [layout(content(book, language, level)) for level in (1, 2, 3)]

        assert len({letter["title"] for letter in letters}) == 3
        assert len({letter["body"] for letter in letters}) == 3


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "€1,000.00", "1 April 2026"),
        ("fr", "1\u202f000,00\xa0€", "1er avril 2026"),
        ("es", "1.000,00\xa0€", "1 de abril de 2026"),
        ("it", "1.000,00\xa0€", "1 aprile 2026"),
        ("ro", "1.000,00\xa0EUR", "1 aprilie 2026"),
    ],
)
def test_amounts_and_days_are_written_as_the_language_writes_them(book: RuleBook, language: str, amount: str, day: str):
    letter = layout(content(book, language))

    assert letter["total"] == amount
    assert amount in letter["body"]
    assert day in letter["request"]


def test_only_the_first_of_a_month_is_an_ordinal_in_french():
    assert written(date(2026, 5, 1), "fr") == "1er mai 2026"
    assert written(date(2026, 5, 11), "fr") == "11 mai 2026"


def test_the_list_shows_what_is_open_what_is_claimed_and_how_late_it_is(book: RuleBook):
    letter = layout(content(book))

    assert letter["rows"] == [["DE01-INV-2026-000007", "PO-7", "2 Mar 2026", "10", "€1,234.56", "€1,000.00", "2"]]
    assert letter["credits"] == ["€50.00"]


def test_currencies_are_named_side_by_side_in_the_total(book: RuleBook):
    dollars = LINE | {"currency": "USD", "claimed_minor": 2_000}

    letter = layout(content(book, lines=[LINE, dollars]))

    assert letter["total"] == "€1,000.00 + US$20.00"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_becomes_a_pdf_whatever_the_customer_is_called(book: RuleBook, language: str):
    odd = content(book, language, 3, to='#panic("x") $ @a *b* _c_ \\ Știucă', lines=[LINE] * 60)

    document = render(odd)

    assert document.content.startswith(b"%PDF-")
    assert (document.name, document.media_type) == ("N1.pdf", "application/pdf")
    assert document.title == layout(odd)["title"]
    assert render(odd).content == document.content


def test_the_content_of_a_letter_is_plain_json(book: RuleBook):
    assert json.loads(json.dumps(content(book))) == content(book)


def test_every_way_a_ladder_may_ask_for_has_a_row(book: RuleBook):
    for channel in ("email", "letter"):
        for known in ({"has_email": True, "has_address": False}, {"has_email": False, "has_address": True}):
            assert book.decide(CHANNELS, {"channel": channel, **known}, date(2026, 1, 1)).rows
