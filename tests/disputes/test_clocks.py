"""Business time: targets, pauses and notices on calendars that cross midnight, zones and the change of clocks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import DeadlineReached
from o2c_chassis.testing import Rig, of
from o2c_contracts.event import Envelope, Message
from o2c_contracts.master import CustomerChanged, CustomerRegistered
from o2c_contracts.shared import EscalationRaised
from o2c_disputes import commands
from o2c_disputes.app import service
from o2c_disputes.domain.clocks import Escalation, Pause
from o2c_rules.rulebook import RuleBook

from tests.disputes.desk import FILES, LEAD, Desk


def asked(desk: Desk, **said: Any) -> None:
    """A question of priority P4: first answer in 480, solved in 4,800 minutes."""
    desk.query(None, kind="question", reason="due-date", **said)


def contested(desk: Desk) -> None:
    """A price dispute of priority P3: first answer in 480, solved in 2,400 minutes."""
    desk.invoice()
    desk.query()


def pause(desk: Desk, reason: str = "waiting-customer") -> list[Any]:
    return desk.do(commands.PauseCase, case_id=desk.case.case_id, reason=reason)


def resume(desk: Desk) -> list[Any]:
    return desk.do(commands.ResumeCase, case_id=desk.case.case_id)


def raised(told: list[Any]) -> list[tuple[str, str]]:
    return [(e.level, e.to) for e in of(told, EscalationRaised)]


def test_notices_come_at_their_share_of_the_target_to_those_the_table_names(desk: Desk) -> None:
    contested(desk)

    told = desk.rig.until(desk.at(14, 12))

    assert raised(told) == [
        ("response-50", "dispute_agent"),
        ("response-80", "dispute_manager"),
        ("response-100", "dispute_manager"),
        ("response-100", "dispute_manager"),
        ("response-150", "ar_manager"),
        ("resolution-50", "dispute_agent"),
    ]
    at = [e.raised_at for e in desk.rig.rows("disputes", Escalation, target="response")]
    assert sorted(at) == [desk.at(12, 12), desk.at(12, 14, 24), desk.at(12, 16), desk.at(13, 10), desk.at(13, 12)]
    assert len({e.escalation_id for e in of(told, EscalationRaised)}) == len(told)


def test_a_notice_is_raised_at_the_exact_business_minute(desk: Desk) -> None:
    contested(desk)

    before = desk.rig.until(desk.at(12, 11, 59))
    half = desk.rig.until(desk.at(12, 12))

    assert not before
    assert raised(half) == [("response-50", "dispute_agent")]
    assert of(half, EscalationRaised)[0].text.startswith("half of the response time of case")


def fire(desk: Desk, number: int, now: datetime) -> list[Any]:
    """The deadline of the response comes, for the given time and at the given instant."""
    subject, first = f"{desk.case.case_id}/response", len(desk.rig.told)
    event = DeadlineReached(kind="sla", subject_id=subject, owner_key="c:acme", customer_id="acme", armed=number)
    envelope = Envelope("disputes/deadlines", f"sla:{subject}:{number}", "DeadlineReached", now, now, now.date())
    desk.rig._handle(desk.rig._running["disputes"], Message(envelope, event))
    return [m.event for m in desk.rig.told[first:]]


def test_the_same_deadline_again_raises_nothing_twice(desk: Desk) -> None:
    contested(desk)
    (notice,) = of(desk.rig.until(desk.at(12, 12)), EscalationRaised)

    replayed = fire(desk, 1, desk.at(12, 12))
    under_another_name = fire(desk, 99, desk.at(12, 12))

    assert not replayed
    assert not under_another_name
    assert [e.escalation_id for e in desk.rig.rows("disputes", Escalation)] == [notice.escalation_id]


def test_a_late_deadline_tells_all_that_is_due_and_arms_what_is_not(desk: Desk) -> None:
    contested(desk)

    told = fire(desk, 1, desk.at(12, 15, 30))

    assert raised(told) == [("response-50", "dispute_agent"), ("response-80", "dispute_manager")]
    assert desk.clock("response").next_at == desk.at(12, 16)


def test_an_answer_stops_the_response_notices(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 12))
    desk.answer()

    told = desk.rig.until(desk.at(13, 16))

    assert not told
    assert desk.clock("response").is_met is True
    assert desk.clock("response").elapsed_minutes == 240


def test_a_late_answer_has_missed_its_target(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(13, 9))

    desk.answer()

    assert desk.clock("response").is_met is False
    assert desk.clock("response").elapsed_minutes == 540


def test_a_resolution_stops_the_notices_of_the_solution(desk: Desk) -> None:
    contested(desk)
    desk.resolve("invalid", answer="No.")

    told = desk.rig.until(desk.at(30, 16))

    assert not told
    assert not desk.rig.deadlines("disputes")
    assert desk.clock("resolution").is_met is True


def acknowledge(desk: Desk, notice: EscalationRaised) -> list[Any]:
    return desk.do(AcknowledgeEscalation, actor="lea", roles=LEAD, escalation_id=notice.escalation_id)


def test_the_breach_repeats_until_somebody_acknowledges(desk: Desk) -> None:
    asked(desk)
    told = desk.rig.until(desk.at(13, 11))
    breaches = [e for e in of(told, EscalationRaised) if e.level == "response-100"]

    acknowledge(desk, breaches[-1])
    later = desk.rig.until(desk.at(15, 16))

    assert [e.escalation_id[-3:] for e in breaches] == ["0.0", "0.1"]
    assert raised(later) == [("response-150", "ar_manager")]
    assert {e.acknowledged_by for e in desk.rig.rows("disputes", Escalation) if e.percent <= 100} == {"lea"}


def test_half_as_late_again_reaches_the_manager_whoever_acknowledged(desk: Desk) -> None:
    asked(desk)
    told = desk.rig.until(desk.at(12, 16))
    acknowledge(desk, of(told, EscalationRaised)[-1])

    later = desk.rig.until(desk.at(15, 16))

    assert raised(later) == [("response-150", "ar_manager")]


def test_nobody_acknowledges_twice_or_what_was_not_raised(desk: Desk) -> None:
    asked(desk)
    notice = of(desk.rig.until(desk.at(12, 16)), EscalationRaised)[0]
    acknowledge(desk, notice)

    with pytest.raises(Refused) as twice:
        acknowledge(desk, notice)
    with pytest.raises(Refused) as unknown:
        acknowledge(desk, notice.model_copy(update={"escalation_id": "none"}))

    assert twice.value.code == "acknowledged-already"
    assert unknown.value.status == 404


def test_a_pause_counts_only_its_overlap_with_working_time(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 14))
    pause(desk)
    desk.rig.until(desk.at(13, 10))

    resume(desk)

    assert desk.case.paused_minutes == 120 + 120
    assert desk.clock("response").due_at == desk.at(13, 12)
    assert desk.case.due_at == desk.at(13, 12)


def test_while_paused_no_notice_comes_and_there_is_still_a_next_action_in_time(desk: Desk) -> None:
    contested(desk)
    pause(desk)

    told = desk.rig.until(desk.at(16, 15, 59))

    assert not told
    assert desk.case.status == "paused"
    assert desk.case.next_action == "Look whether what we wait for has come"
    assert desk.case.due_at == desk.at(16, 16)


def test_a_pause_ends_by_itself_after_its_longest_time(desk: Desk) -> None:
    contested(desk)
    pause(desk)

    desk.rig.until(desk.at(16, 16))

    assert desk.case.status == "open"
    assert desk.case.next_action == "Compare the price with the contract of the day"
    assert desk.clock("response").due_at == desk.at(19, 16)


def test_a_customer_who_writes_ends_the_pause(desk: Desk) -> None:
    asked(desk)
    pause(desk)
    desk.rig.until(desk.at(13, 9))

    asked(desk, text="Here is the file")

    assert desk.case.status == "open"
    assert all(p.ended_at == desk.at(13, 9) for p in desk.rig.rows("disputes", Pause))


def test_three_pauses_are_the_most_and_colleagues_are_no_reason(desk: Desk) -> None:
    asked(desk)
    with pytest.raises(Refused) as colleague:
        pause(desk, "waiting-colleague")
    for _ in range(3):
        pause(desk)
        desk.rig.until(desk.rig.at + timedelta(minutes=10))
        resume(desk)

    with pytest.raises(Refused) as fourth:
        pause(desk)

    assert colleague.value.text == "the customer waits for us, whichever of us it is"
    assert fourth.value.text == "it has been paused 3 times, three are the most"


def test_only_a_paused_case_is_resumed_and_only_a_working_one_paused(desk: Desk) -> None:
    asked(desk)

    with pytest.raises(Refused) as resumed:
        resume(desk)
    pause(desk)
    with pytest.raises(Refused) as paused:
        pause(desk)

    assert (resumed.value.code, paused.value.code) == ("not-paused", "not-working")


def test_an_answer_during_a_pause_stops_the_clock_where_it_stood(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 10))
    pause(desk)
    desk.rig.until(desk.at(14, 10))

    desk.answer()

    assert desk.clock("response").is_met is True
    assert desk.clock("response").elapsed_minutes == 120


def prioritise(desk: Desk, priority: str) -> list[Any]:
    return desk.do(
        commands.PrioritiseCase, roles=LEAD, case_id=desk.case.case_id, priority=priority, reason="stops production"
    )


def test_another_priority_keeps_what_has_elapsed(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 10))

    prioritise(desk, "P2")

    assert desk.clock("response").due_at == desk.at(12, 12)
    assert desk.case.respond_by == desk.case.due_at == desk.at(12, 12)
    assert desk.clock("resolution").due_at == desk.at(13, 16)


def test_a_share_that_the_new_target_has_passed_is_told_at_once(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 11))

    told = prioritise(desk, "P2")

    assert raised(told) == [("response-50", "dispute_agent")]


def test_a_priority_without_targets_is_refused(desk: Desk) -> None:
    contested(desk)

    with pytest.raises(Refused) as refused:
        prioritise(desk, "P7")

    assert refused.value.code == "no-such-priority"
    assert desk.case.priority == "P3"


def test_a_better_tier_aims_open_cases_at_nearer_targets(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 9))

    desk.rig.tell(CustomerChanged(customer_id="acme", tier="premium"))

    assert desk.case.respond_by == desk.at(12, 12)


def test_a_tier_that_changes_during_a_pause_counts_after_it(desk: Desk) -> None:
    contested(desk)
    desk.rig.until(desk.at(12, 9))
    pause(desk)
    desk.rig.tell(CustomerChanged(customer_id="acme", tier="premium"))
    desk.rig.until(desk.at(12, 14))

    resume(desk)

    assert desk.case.respond_by == desk.at(13, 9)


def test_an_assigned_case_tells_its_new_owner(desk: Desk) -> None:
    contested(desk)
    desk.do(commands.AssignCase, roles=LEAD, case_id=desk.case.case_id, owner="ann", queue="pricing-fr")

    told = desk.rig.until(desk.at(12, 12))

    assert raised(told) == [("response-50", "ann")]
    assert (desk.case.owner, desk.case.queue) == ("ann", "pricing-fr")


def test_an_agent_does_not_assign(desk: Desk) -> None:
    contested(desk)

    with pytest.raises(Refused) as refused:
        desk.do(commands.AssignCase, case_id=desk.case.case_id, owner="ben")

    assert refused.value.status == 403


def test_reopening_arms_new_clocks_whose_notices_are_new_ones(desk: Desk) -> None:
    asked(desk)
    desk.rig.until(desk.at(12, 16))
    desk.answer()
    desk.do(commands.CloseCase, case_id=desk.case.case_id)

    desk.do(commands.ReopenCase, case_id=desk.case.case_id, reason="not solved")
    told = desk.rig.until(desk.at(13, 16))

    ids = [e.escalation_id for e in desk.rig.rows("disputes", Escalation)]
    assert raised(told) == [("response-80", "dispute_manager"), ("response-100", "dispute_manager")]
    assert len(set(ids)) == len(ids) == 4


def on_calendar(name: str) -> Desk:
    """The German company's cases run on another calendar, by one cell of one row."""
    files = dict(FILES)
    files["disputes/calendars.csv"] = files["disputes/calendars.csv"].replace(
        b"DE01,de-office", b"DE01," + name.encode()
    )
    desk = Desk(Rig(service, book=RuleBook(files)))
    desk.rig.tell(CustomerRegistered(customer_id="acme", name="Acme", country="DE"))
    return desk


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    desk = on_calendar("in-night")
    friday_night = datetime(2026, 3, 27, 19, tzinfo=UTC)  # half past midnight on Saturday in India, three hours to go
    desk.rig.at = friday_night

    asked(desk)

    assert desk.case.respond_by == datetime(2026, 3, 30, 18, tzinfo=UTC)
    assert desk.clock("response").next_at == datetime(2026, 3, 30, 16, 24, tzinfo=UTC)


def test_the_change_of_clocks_moves_the_office_and_not_the_minutes() -> None:
    desk = on_calendar("de-office")
    friday_noon = datetime(2026, 3, 27, 12, tzinfo=UTC)  # Berlin goes from UTC+1 to UTC+2 on Sunday
    desk.rig.at = friday_noon

    asked(desk)

    assert desk.case.respond_by == datetime(2026, 3, 30, 11, tzinfo=UTC)
