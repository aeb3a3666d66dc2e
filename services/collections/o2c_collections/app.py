"""The routing table of collections: what it hears, the rows each event needs, what it does."""

from o2c_chassis.service import Delivers, Due, Hears, Service
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.cash import (
    CreditApplied,
    CustomerMoneyChanged,
    DiscountGranted,
    DiscountReversed,
    PaymentApplicationReversed,
    PaymentApplied,
    PaymentReversed,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.intake import PromiseMade
from o2c_contracts.master import CustomerChanged, CustomerRegistered
from o2c_contracts.shared import CustomerBlocked, CustomerUnblocked

from . import api
from .commands import CloseEscalation, LogCall, RecordPromise, ResumeAccount, StopAccount, WithdrawPromise
from .handlers import customers, diary, items, letters, promises, schedule, stops
from .letters.render import render
from .queries import compared, identities, outcomes
from .tables import needs
from .tables.families import families
from .tables.schema import KEEPS

service = Service(
    name="collections",
    keeps=KEEPS,
    hears=(
        Hears(CustomerRegistered, needs.whole_customer, customers.on_customer_registered),
        Hears(CustomerChanged, needs.whole_customer, customers.on_customer_changed),
        Hears(PromiseMade, needs.promise_made, promises.on_promise_made),
        Hears(InvoiceIssued, needs.item, items.on_invoice_issued),
        Hears(PaymentApplied, needs.item, items.on_item_changed),
        Hears(PaymentApplicationReversed, needs.item, items.on_item_changed),
        Hears(CreditApplied, needs.item, items.on_item_changed),
        Hears(DiscountGranted, needs.item, items.on_item_changed),
        Hears(DiscountReversed, needs.item, items.on_item_changed),
        Hears(WriteOffPosted, needs.item, items.on_item_changed),
        Hears(WriteOffReversed, needs.item, items.on_item_changed),
        Hears(CustomerMoneyChanged, needs.money, items.on_customer_money_changed),
        Hears(PaymentReversed, needs.payment_reversed, items.on_payment_reversed),
        Hears(CustomerBlocked, needs.whole_customer, customers.on_customer_blocked, of=("cash",)),
        Hears(CustomerUnblocked, needs.unblocked, customers.on_customer_unblocked, of=("cash",)),
        Hears(DisputeOpened, needs.dispute, items.on_dispute_opened),
        Hears(DisputeResolved, needs.dispute, items.on_dispute_resolved),
        Hears(RecordPromise, needs.promise_recorded, promises.on_record_promise),
        Hears(WithdrawPromise, needs.promise_withdrawn, promises.on_withdraw_promise),
        Hears(StopAccount, needs.customer_only, stops.on_stop_account),
        Hears(ResumeAccount, needs.customer_only, stops.on_resume_account),
        Hears(LogCall, needs.customer_only, customers.on_log_call),
        Hears(CloseEscalation, needs.escalation, diary.on_close_escalation),
    ),
    dues=(
        Due(schedule.DEADLINE, needs.dunning_due, letters.on_dunning_due),
        Due(promises.DEADLINE, needs.promise_due, promises.on_promise_due),
    ),
    delivers=(Delivers(letters.DELIVERY, render, needs.letter_ended, letters.on_letter_ended),),
    families=families,
    api=api.router,
    verify=identities.verify,
    totals=compared.totals,
    escalations=compared.escalation_count,
    outcomes=outcomes.OUTCOMES,
)
