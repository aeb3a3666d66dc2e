"""Where one event's movements are put together: their journals, and how much of each customer's money pays no item."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.cash import CustomerMoneyChanged
from o2c_contracts.event import Event
from o2c_contracts.postings import Journal

from o2c_cash.domain.items import Allocation, Credit, OpenItem
from o2c_cash.domain.payments import CustomerMoney, Payment

LINE_MOST = 500


@dataclass(frozen=True, slots=True)
class Why:
    """For what reason something is done: a rule's, or a person's."""

    because: str = ""
    decision_id: str | None = None
    actor: str | None = None


def why(asked: Asked) -> Why:
    """The sentences of the winning rows."""
    return Why(" ".join(asked.because)[:LINE_MOST], asked.id)


@dataclass(frozen=True, slots=True)
class Step:
    """Because of which document an item changes."""

    kind: str
    payment_id: str | None
    document_id: str
    value_date: date
    why: Why


class Desk:
    """One event's movements of money."""

    def __init__(self, work: WorkingSet) -> None:
        self.work = work
        self._journals: dict[tuple[str, str, str, date], dict[tuple[str, str | None], int]] = {}
        self._touched: dict[tuple[str, str, str], None] = {}
        self._days: dict[str, date] = {}

    def today(self, legal_entity: str) -> date:
        """The posting day."""
        if legal_entity not in self._days:
            self._days[legal_entity] = self.work.today(legal_entity)
        return self._days[legal_entity]

    def book(
        self, purse: tuple[str, str], document: str, value_date: date, *entries: tuple[str, str | None, int]
    ) -> None:
        """Put (account, customer, amount) entries into the document's journal: debit positive, credit negative."""
        journal = self._journals.setdefault((*purse, document, value_date), {})
        for account, customer, amount in entries:
            journal[account, customer] = journal.get((account, customer), 0) + amount

    def touch(self, customer_id: str, purse: tuple[str, str]) -> None:
        """What pays no item may have changed for this customer."""
        self._touched[customer_id, *purse] = None

    def change(self, item: OpenItem, amount_minor: int, step: Step) -> OpenItem:
        """Keep an item as it is after a step; positive: it owes less."""
        self.work.put(item)
        self.work.put(
            Allocation(
                invoice_number=item.invoice_number,
                item_version=item.item_version,
                kind=step.kind,
                payment_id=step.payment_id,
                document_id=step.document_id,
                customer_id=item.customer_id,
                external_ref=item.external_ref,
                legal_entity=item.legal_entity,
                currency=item.currency,
                amount_minor=amount_minor,
                value_date=step.value_date,
                posted_on=self.today(item.legal_entity),
                recorded_at=self.work.at,
                because=step.why.because,
                decision_id=step.why.decision_id,
                actor=step.why.actor,
            )
        )
        return item

    def money_row(self, customer_id: str, purse: tuple[str, str]) -> CustomerMoney:
        """What was last told of a customer's money."""
        rows = self.work.find(CustomerMoney, customer_id=customer_id)
        found = next((row for row in rows if (row.legal_entity, row.currency) == purse), None)
        return found or CustomerMoney(customer_id, *purse, 0, 0, 0, "", 0)

    def close(self) -> Iterator[Event]:
        """Post what was moved, and tell whose money changed. The last thing an event does."""
        self._post()
        for customer_id, legal_entity, currency in self._touched:
            yield from self._money(customer_id, (legal_entity, currency))

    def _post(self) -> None:
        envelope = self.work.cause.envelope
        for (legal_entity, currency, document, value_date), entries in self._journals.items():
            moved = [(account, customer, amount) for (account, customer), amount in entries.items() if amount]
            if not moved:
                continue
            customers = [customer for _, customer, _ in moved]
            journal = Journal(
                journal_id=self.work.new_id("journal", document),
                legal_entity=legal_entity,
                currency=currency,
                customer_id=customers[0],
                document_id=document,
                posting_date=self.today(legal_entity),
                value_date=value_date,
                recorded_at=self.work.at,
                cause=f"{envelope.source}/{envelope.id}",
            )
            lines = journal.lines((account, amount) for account, _, amount in moved)
            for line, customer in zip(lines, customers, strict=True):
                self.work.put(line if customer == line.customer_id else replace(line, customer_id=customer))

    def _money(self, customer_id: str, purse: tuple[str, str]) -> Iterator[Event]:
        before = self.money_row(customer_id, purse)
        payments = [p for p in self.work.find(Payment, customer_id=customer_id, open=True) if p.purse == purse]
        credits = self.work.find(Credit, customer_id=customer_id, open=True)
        kept = sum(c.on_account_minor for c in credits if (c.legal_entity, c.currency) == purse)
        unapplied = sum(p.unapplied_minor for p in payments)
        on_account = sum(p.on_account_minor for p in payments) + kept
        if (unapplied, on_account) == (before.unapplied_minor, before.on_account_minor):
            return
        after = replace(before, unapplied_minor=unapplied, on_account_minor=on_account, version=before.version + 1)
        self.work.put(after)
        yield CustomerMoneyChanged(
            customer_id=customer_id,
            legal_entity=purse[0],
            currency=purse[1],
            unapplied_minor=unapplied,
            on_account_minor=on_account,
            version=after.version,
        )
