"""Rules in force for tests: one book for everybody, and a model that a contract has from a cut-over to its return."""

from collections.abc import Mapping
from datetime import UTC, datetime

from o2c_rules.releasing.chain import Approval, Release, Scope, chained
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import RuleBook

YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def alone(general: RuleBook) -> Models:
    """One book for everybody and for ever."""
    return _released(general, general, (YEARS_AGO, general, Scope()))


def of_a_contract(
    general: RuleBook, own: RuleBook, contract: str, since: datetime, until: datetime | None = None
) -> Models:
    """`own` decides about the contract from `since` on, until a rollback gives it back at `until`."""
    said = [(YEARS_AGO, general, Scope()), (since, own, Scope((contract,)))]
    if until is not None:
        said.append((until, general, Scope((contract,), returns=True)))
    return _released(general, own, *said)


def changed(book: RuleBook, file: str, words: Mapping[str, str]) -> RuleBook:
    """The book with other words in one of its files; each of the words must be there."""
    text = book.files[file].decode()
    for before, after in words.items():
        assert before in text, f"{file} does not say {before!r}"
        text = text.replace(before, after)
    return RuleBook({**book.files, file: text.encode()})


def _released(general: RuleBook, own: RuleBook, *said: tuple[datetime, RuleBook, Scope]) -> Models:
    chain: list[Release] = []
    for since, book, scope in said:
        wanted = Release(0, book.hash, since, Approval("rick", "clara", "FMO-1"), "", "", scope)
        chain.append(chained(chain[-1] if chain else None, wanted))
    return Models(chain, {book.hash: book for book in (general, own)}.__getitem__)
