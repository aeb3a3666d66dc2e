"""Dunning: at the letter hour the ladder is asked about each item that may go a step, and one letter tells of all."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.collections import AccountEscalated, DunningNoticeSent, NoticeLine, NoticeUndeliverable
from o2c_contracts.event import Event
from o2c_rules.entities import entity as entity_of

from o2c_collections import facts
from o2c_collections.domain.accounts import Account, Credit, Customer
from o2c_collections.domain.items import Item
from o2c_collections.domain.letters import Notice, contract_of, listed
from o2c_collections.tables.needs import account_of

from . import stops
from .diary import LINE_MOST, Matter, escalate, note
from .schedule import TABLE as LADDER
from .schedule import balance_of, open_items, settle, step_of

DELIVERY = "dunning-letter"
CHANNELS, WORDS = "collections/channels", "collections/letters"


@dataclass(frozen=True, slots=True)
class Step:
    """An item that the ladder takes further, and the decision that says so."""

    item: Item
    asked: Asked

    @property
    def level(self) -> int:
        level = self.asked["next_level"]
        return level if isinstance(level, int) else self.item.level

    @property
    def raises(self) -> bool:
        return self.level > self.item.level

    @property
    def handed_to(self) -> str | None:
        to = self.asked["hand_over"]
        return to if isinstance(to, str) else None

    def taken(self, on: date) -> Item:
        """The item after it."""
        item = self.item.raised(self.level, on) if self.raises else self.item
        return replace(item, handed_over_on=on) if self.handed_to else item


def on_dunning_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """One letter for this customer, legal entity and day; the levels are taken here, whether or not it arrives."""
    who = event.customer_id or ""
    entity = account_of(event.subject_id, who)
    customer = work.get(Customer, customer_id=who) or Customer(who)
    account = replace(work.get(Account, customer_id=who, legal_entity=entity) or Account(who, entity), next_at=None)
    if customer.blocked:
        work.put(account)
        return
    today = work.today(entity)
    due = [i for i in open_items(work, who, entity) if i.next_at and i.next_at <= work.at]
    taken = [] if account.last_letter_on == today else list(_steps(work, customer, due, today))
    after = {i.invoice_number: i for i in (*due, *(s.taken(today) for s in taken))}
    for item in after.values():
        work.put(item)
    if letter := [s for s in taken if s.raises]:
        account = replace(account, last_letter_on=today)
        yield from _letter(work, customer, account, letter)
    handed = [s for s in taken if s.handed_to]
    for step in handed:
        yield _handed_over(work, step)
    settle(work, customer, account, after.values())
    if handed:
        yield from stops.review(work, customer)


def on_letter_ended(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    """It arrived, or a person must act; the items keep their level either way."""
    notice = work.get(Notice, notice_id=event.subject_id)
    if notice is None:
        return
    if event.delivered:
        work.put(replace(notice, status="delivered"))
        return
    problem = " ".join(event.problem.split())[:LINE_MOST] or "no reason given"
    work.put(replace(notice, status="undeliverable", problem=problem))
    note(work, notice.customer_id, "notice-undeliverable", notice.notice_id, problem)
    yield NoticeUndeliverable(
        customer_id=notice.customer_id,
        notice_id=notice.notice_id,
        legal_entity=notice.legal_entity,
        reason=problem,
    )
    lines = json.loads(notice.lines)
    currency = lines[0]["currency"]
    claimed = sum(line["claimed_minor"] for line in lines if line["currency"] == currency)
    text = f"the letter of {notice.sent_on} (level {notice.level}) did not arrive: {problem}"
    matter = Matter(
        "notice-undeliverable",
        notice.notice_id,
        1,
        notice.legal_entity,
        currency,
        claimed,
        text,
        contract_id=notice.contract_id,
    )
    yield from escalate(work, Customer(notice.customer_id), matter)


def _steps(work: WorkingSet, customer: Customer, items: Iterable[Item], today: date) -> Iterator[Step]:
    for item in items:
        if not item.dunnable:
            continue
        sheet = facts.ladder(item, customer, today, balance_of(work, item))
        asked = work.ask(LADDER, sheet, subject=item.invoice_number)
        if step_of(item, asked.decision):
            yield Step(item, asked)


def _handed_over(work: WorkingSet, step: Step) -> AccountEscalated:
    item, to, reason = step.item, step.handed_to or "", " ".join(step.asked.because)
    note(work, item.customer_id, "handed-over", item.invoice_number, f"to {to}: {reason}")
    return AccountEscalated(
        customer_id=item.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        invoice_number=item.invoice_number,
        to=to,
        reason=reason,
        decision_id=step.asked.id,
    )


def _letter(work: WorkingSet, customer: Customer, account: Account, taken: list[Step]) -> Iterator[Event]:
    """The levels are those after this letter: its tone is the highest of its items and lifts none."""
    today, entity = work.today(account.legal_entity), account.legal_entity
    why = {s.item.invoice_number: " ".join(s.asked.because) for s in taken}
    items = listed(open_items(work, account.customer_id, entity), frozenset(why), today)
    level = max(item.level for item in items)
    highest = max(taken, key=lambda s: (s.level, s.item.invoice_number))
    contract_id = contract_of(items)
    sheet = facts.letter(customer, entity, contract_id, level, str(highest.asked["channel"]))
    notice_id = work.new_id("notice", f"{account.customer_id}/{entity}")
    words = work.ask(WORDS, sheet, subject=notice_id)
    channel = str(work.ask(CHANNELS, sheet, subject=notice_id)["via"])
    lines = [_line(item, item.invoice_number in why) for item in items]
    credits = {
        credit.currency: credit.total_minor
        for credit in work.find(Credit, customer_id=account.customer_id, legal_entity=entity)
        if credit.total_minor
    }
    told = DunningNoticeSent(
        customer_id=account.customer_id,
        notice_id=notice_id,
        legal_entity=entity,
        level=level,
        language=str(words["written_in"]),
        sent_on=today,
        lines=tuple(lines),
        credits=credits,
        decision_ids=tuple(s.asked.id for s in taken),
    )
    shown = [
        line.model_dump(mode="json") | {"external_ref": item.external_ref, "because": why.get(item.invoice_number, "")}
        for line, item in zip(lines, items, strict=True)
    ]
    work.put(_notice(work, told, channel, shown, contract_id))
    paper = _content(work, customer, told, words) | {"channel": channel, "lines": shown}
    paper["address"] = customer.email if channel == "email" else "\n".join(paper["to_lines"])
    work.deliver(DELIVERY, notice_id, paper, customer_id=customer.customer_id)
    raised = ", ".join(f"{line.invoice_number} to level {line.level}" for line in lines if line.raised)
    note(work, customer.customer_id, "letter", notice_id, f"level {level} by {channel}: {raised}")
    yield told


def _line(item: Item, raised: bool) -> NoticeLine:
    assert item.due_on is not None, "only items with a due date are listed"
    return NoticeLine(
        invoice_number=item.invoice_number,
        currency=item.currency,
        due_on=item.due_on,
        open_minor=item.open_minor,
        claimed_minor=item.claimed_minor,
        level=item.level,
        raised=raised,
    )


def _notice(
    work: WorkingSet, told: DunningNoticeSent, channel: str, shown: list[dict[str, Any]], contract_id: str | None
) -> Notice:
    return Notice(
        notice_id=told.notice_id,
        customer_id=told.customer_id,
        legal_entity=told.legal_entity,
        level=told.level,
        language=told.language,
        channel=channel,
        sent_on=told.sent_on,
        lines=json.dumps(shown, sort_keys=True),
        credits=json.dumps(told.credits, sort_keys=True),
        recorded_at=work.at,
        contract_id=contract_id,
    )


def _content(work: WorkingSet, customer: Customer, told: DunningNoticeSent, words: Asked) -> dict[str, Any]:
    """All that the letter needs, in plain values: it is rendered later, maybe more than once, always the same."""
    within = words["pay_within_days"]
    return {
        "notice_id": told.notice_id,
        "level": told.level,
        "language": told.language,
        "sender": entity_of(work.book, told.legal_entity).name,
        "to": customer.name or customer.customer_id,
        "to_lines": json.loads(customer.address),
        "customer_id": customer.customer_id,
        "sent_on": told.sent_on.isoformat(),
        "pay_by": (told.sent_on + timedelta(days=within if isinstance(within, int) else 0)).isoformat(),
        "words": {name: words[name] for name in ("title", "greeting", "body", "request", "closing")},
        "credits": told.credits,
    }
