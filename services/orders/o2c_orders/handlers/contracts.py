"""Contracts: activated when they have what their kind must have, amended from a date on, ended."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from o2c_chassis.service import DeadlineReached
from o2c_chassis.subjects import number_in, of_customer
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.master import ContractAmendRequested, ContractLine, ContractProposed
from o2c_contracts.orders import (
    ContractActivated,
    ContractAmended,
    ContractEnded,
    ContractRefused,
    Reason,
    RequestRefused,
)

from o2c_orders.domain.contracts import ACTIVE, ENDED, REFUSED, Contract, ContractVersion, as_json, in_order

from . import credit, holds, notices

END = "contract-end"
_AMENDABLE = {"ends_on", "terms_days", "attributes", "lines"}


def on_contract_proposed(event: ContractProposed, work: WorkingSet) -> Iterator[Event]:
    """It binds when all that its kind must have is there and nothing contradicts; else all that is wrong is told."""
    before = work.get(Contract, customer_id=event.customer_id, contract_id=event.contract_id)
    asked = ask_request("propose-contract", before, event.contract_id, work)
    if asked["then"] == "refuse":
        yield _refused(event.customer_id, event.contract_id, "propose-contract", notices.reasons_of(asked))
        return
    version = _proposed(event)
    contract = Contract(
        event.customer_id,
        event.contract_id,
        event.legal_entity,
        event.currency,
        event.kind,
        ACTIVE,
        event.starts_on,
        event.ends_on,
    )
    reasons = _missing(contract, version, event.terms_days, work)
    if reasons:
        work.put(replace(contract, status=REFUSED))
        yield ContractRefused(
            customer_id=event.customer_id,
            legal_entity=event.legal_entity,
            currency=event.currency,
            contract_id=event.contract_id,
            reasons=reasons,
        )
    else:
        work.put(replace(contract, version=version.version))
        work.put(replace(version, activated_on=work.today(event.legal_entity)))
        _watch_the_end(contract, work)
        yield ContractActivated(**_told(contract, version))
    yield from holds.release(event.customer_id, work)


def on_contract_amend_requested(event: ContractAmendRequested, work: WorkingSet) -> Iterator[Event]:
    """A new version from a date on; the one before it holds until then. What it leaves out stays as it was, and what it
    gives holds in later-dated versions too, unless they gave it themselves: those are told again.
    """
    contract = work.get(Contract, customer_id=event.customer_id, contract_id=event.contract_id)
    asked = ask_request("amend-contract", contract, event.contract_id, work)
    if contract is None or asked["then"] == "refuse":
        yield _refused(event.customer_id, event.contract_id, "amend-contract", notices.reasons_of(asked))
        return
    kept = work.find(ContractVersion, customer_id=event.customer_id, contract_id=event.contract_id)
    versions = in_order([*kept, _amendment(event, contract, work)])
    changed = [version for version in versions if version not in kept]
    reasons = next((wrong for v in changed if (wrong := _missing(contract, v, v.terms_days, work))), ())
    if reasons:
        yield _refused(event.customer_id, event.contract_id, "amend-contract", reasons)
        return
    yield from holds.void(contract.approval_id, work, "the contract was amended")
    newest, ends_on = contract.version + 1, versions[-1].ends_on
    amended = replace(contract, version=newest, ends_on=ends_on, approval_id="", end_asked_on=None)
    work.put(amended)
    _watch_the_end(amended, work)
    for version in changed:
        work.put(version)
        told = _told(amended, version)
        yield ContractAmended(**told, effective_on=version.effective_on, amendment_id=version.amendment_id)
    yield from holds.release(event.customer_id, work)


def on_contract_end_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """The day after its last: told once, so that nobody charges it again."""
    customer_id = str(event.customer_id)
    contract_id = number_in(event.subject_id, customer_id)
    contract = work.get(Contract, customer_id=customer_id, contract_id=contract_id)
    if contract is None or contract.status != ACTIVE or contract.ends_on is None:
        return
    yield from end(contract, contract.ends_on, work)


def end(contract: Contract, ends_on: date, work: WorkingSet) -> Iterator[Event]:
    """The last day is known from now on; who was asked to agree to another end is asked no more."""
    yield from holds.void(contract.approval_id, work, "the contract ended")
    work.put(replace(contract, status=ENDED, ends_on=ends_on, approval_id="", end_asked_on=None))
    work.disarm(END, _subject(contract))
    yield ended(contract, ends_on)


def ended(contract: Contract, ends_on: date) -> ContractEnded:
    return ContractEnded(
        customer_id=contract.customer_id,
        legal_entity=contract.legal_entity,
        currency=contract.currency,
        contract_id=contract.contract_id,
        ends_on=ends_on,
    )


def ask_request(request: str, contract: Contract | None, contract_id: str, work: WorkingSet) -> Asked:
    sheet = {
        "request": request,
        "state": contract.status if contract else "unknown",
        "document_id": contract_id,
        "contract_id": contract_id,
        "currency": contract.currency if contract else None,
    }
    return work.ask("orders/requests", sheet, subject=contract_id)


def _missing(
    contract: Contract, version: ContractVersion, terms_days: int | None, work: WorkingSet
) -> tuple[Reason, ...]:
    """Every row that refuses these terms, with the field to mend."""
    known = credit.today_of(contract.legal_entity, work) is not None
    there = {name for name, text in version.attributes_given.items() if text.strip()}
    if terms_days is not None:
        there.add("terms_days")
    if version.lines_charged:
        there.add("lines")
    if version.ends_on is not None:
        there.add("ends_on")
    sheet = _terms(contract, version, terms_days, known=known)
    wanted = work.ask("orders/contract-attributes", sheet, subject=contract.contract_id)
    wrong = work.ask("orders/contract-terms", sheet, subject=contract.contract_id)
    lacking = tuple(r for r in notices.reasons_of(wanted) if r.field not in there)
    return lacking + notices.reasons_of(wrong)


def _terms(contract: Contract, version: ContractVersion, terms_days: int | None, *, known: bool) -> dict[str, Any]:
    starts = [date.fromisoformat(line["starts_on"]) for line in version.lines_charged]
    ends = [date.fromisoformat(line["ends_on"]) for line in version.lines_charged if line["ends_on"]]
    return {
        "legal_entity": contract.legal_entity if known else None,
        "entity": contract.legal_entity,
        "entity_known": known,
        "currency": contract.currency,
        "contract_id": contract.contract_id,
        "kind": contract.kind,
        "starts_on": contract.starts_on,
        "ends_on": version.ends_on,
        "ends_before_start": version.ends_on is not None and version.ends_on < contract.starts_on,
        "terms_days": terms_days,
        "discount_percent": version.discount_percent,
        "discount_days": version.discount_days,
        "discount_half_given": (version.discount_percent is None) != (version.discount_days is None),
        "discount_after_terms": (version.discount_days or 0) > (terms_days or 0),
        "line_count": len(version.lines_charged),
        "line_outside": any(s < contract.starts_on for s in starts)
        or any(version.ends_on is not None and e > version.ends_on for e in ends),
        "line_twice": len({line["line_id"] for line in version.lines_charged}) != len(version.lines_charged),
    }


def _proposed(event: ContractProposed) -> ContractVersion:
    return ContractVersion(
        event.customer_id,
        event.contract_id,
        1,
        event.legal_entity,
        event.currency,
        event.starts_on,
        event.starts_on,
        event.ends_on,
        event.terms_days or 0,
        event.discount_percent,
        event.discount_days,
        as_json(dict(sorted(event.attributes.items()))),
        _lines(event.lines),
    )


def _amendment(event: ContractAmendRequested, contract: Contract, work: WorkingSet) -> ContractVersion:
    """The version as it was asked for, before it takes over any terms; it cannot hold before its contract does."""
    said = {
        term: given for term, given in event.model_dump(mode="json", include=_AMENDABLE).items() if given is not None
    }
    return ContractVersion(
        customer_id=contract.customer_id,
        contract_id=contract.contract_id,
        version=contract.version + 1,
        legal_entity=contract.legal_entity,
        currency=contract.currency,
        effective_on=max(event.effective_on, contract.starts_on),
        starts_on=contract.starts_on,
        ends_on=None,
        terms_days=0,
        discount_percent=None,
        discount_days=None,
        attributes="{}",
        lines="[]",
        amendment_id=event.amendment_id,
        activated_on=work.today(contract.legal_entity),
        said=as_json(said),
    )


def _lines(lines: tuple[ContractLine, ...]) -> str:
    return as_json([line.model_dump(mode="json") for line in lines])


def _told(contract: Contract, version: ContractVersion) -> dict[str, Any]:
    return {
        "customer_id": contract.customer_id,
        "legal_entity": contract.legal_entity,
        "currency": contract.currency,
        "contract_id": contract.contract_id,
        "kind": contract.kind,
        "version": version.version,
        "starts_on": version.starts_on,
        "ends_on": version.ends_on,
        "terms_days": version.terms_days,
        "discount_percent": version.discount_percent,
        "discount_days": version.discount_days,
        "lines": tuple(ContractLine.model_validate_json(json.dumps(line)) for line in version.lines_charged),
    }


def _watch_the_end(contract: Contract, work: WorkingSet) -> None:
    """Wake up when the day after its last begins in the entity's zone."""
    if contract.ends_on is None or contract.ends_on == date.max:
        work.disarm(END, _subject(contract))
        return
    midnight = credit.begins(contract.ends_on + timedelta(days=1), contract.legal_entity, work)
    due_at = max(midnight, work.at + timedelta(minutes=1))
    work.arm(END, _subject(contract), due_at, customer_id=contract.customer_id)


def _subject(contract: Contract) -> str:
    return of_customer(contract.customer_id, contract.contract_id)


def _refused(customer_id: str, contract_id: str, request: str, reasons: tuple[Reason, ...]) -> RequestRefused:
    return RequestRefused(customer_id=customer_id, document_id=contract_id, request=request, reasons=reasons)
