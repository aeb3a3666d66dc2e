"""Wires the service: what it hears, the rows each event needs, what we do. Nothing is decided here."""

from o2c_chassis.service import Due, Hears, Service
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued
from o2c_contracts.cash import (
    CreditApplied,
    CustomerMoneyChanged,
    DiscountGranted,
    DiscountReversed,
    PaymentApplicationReversed,
    PaymentApplied,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.collections import (
    AccountResumed,
    AccountStopped,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRestored,
)
from o2c_contracts.intake import (
    DeliveryConfirmed,
    OrderAmendRequested,
    OrderCancelRequested,
    OrderReopenRequested,
    OrderSubmitted,
)
from o2c_contracts.master import (
    ContractAmendRequested,
    ContractProposed,
    CreditLimitSet,
    CustomerChanged,
    CustomerRegistered,
    FamilyChanged,
)
from o2c_contracts.reference import ExchangeRatePublished

from . import api
from .commands import ApproveRequest, EndContract, RefuseRequest, ReleaseOrder
from .handlers import approvals, contracts, customers, deliveries, holds, items, notices, orders, rates
from .queries import compared, identities, outcomes
from .tables import KEEPS, needs

service = Service(
    name="orders",
    keeps=KEEPS,
    families=needs.families,
    hears=(
        # what was said, the rows it needs, what we do
        Hears(CustomerRegistered, needs.of_customer, customers.on_customer_registered),
        Hears(CustomerChanged, needs.of_customer, customers.on_customer_changed),
        Hears(FamilyChanged, needs.of_customer, customers.on_family_changed),
        Hears(CreditLimitSet, needs.of_customer, customers.on_credit_limit_set),
        Hears(ContractProposed, needs.of_contract, contracts.on_contract_proposed),
        Hears(ContractAmendRequested, needs.of_contract, contracts.on_contract_amend_requested),
        Hears(OrderSubmitted, needs.of_order, orders.on_order_submitted),
        Hears(OrderAmendRequested, needs.of_changed_order, orders.on_order_amend_requested),
        Hears(OrderReopenRequested, needs.of_changed_order, orders.on_order_reopen_requested),
        Hears(OrderCancelRequested, needs.of_changed_order, orders.on_order_cancel_requested),
        Hears(DeliveryConfirmed, needs.of_delivery, deliveries.on_delivery_confirmed),
        Hears(ExchangeRatePublished, needs.of_rate, rates.on_exchange_rate_published),
        Hears(InvoiceIssued, needs.of_invoice, deliveries.on_invoice_issued),
        Hears(BillingItemCancelled, needs.of_cancelled_charge, deliveries.on_billing_item_cancelled),
        Hears(PaymentApplied, needs.of_item, items.on_item_changed),
        Hears(PaymentApplicationReversed, needs.of_item, items.on_item_changed),
        Hears(CreditApplied, needs.of_item, items.on_item_changed),
        Hears(DiscountGranted, needs.of_item, items.on_item_changed),
        Hears(DiscountReversed, needs.of_item, items.on_item_changed),
        Hears(WriteOffPosted, needs.of_item, items.on_item_changed),
        Hears(WriteOffReversed, needs.of_item, items.on_item_changed),
        Hears(CustomerMoneyChanged, needs.of_customer, items.on_customer_money_changed),
        Hears(PromiseKept, needs.of_customer, customers.on_promise_judged),
        Hears(PromisePartlyKept, needs.of_customer, customers.on_promise_judged),
        Hears(PromiseBroken, needs.of_customer, customers.on_promise_judged),
        Hears(PromiseRestored, needs.of_customer, customers.on_promise_judged),
        Hears(AccountStopped, needs.of_customer, customers.on_account_stopped),
        Hears(AccountResumed, needs.of_customer, customers.on_account_resumed),
        Hears(ReleaseOrder, needs.of_changed_order, approvals.on_release_order),
        Hears(EndContract, needs.of_contract, approvals.on_end_contract),
        Hears(ApproveRequest, needs.of_approval, approvals.on_approve_request),
        Hears(RefuseRequest, needs.of_approval, approvals.on_refuse_request),
    ),
    dues=(
        Due(holds.UNKNOWN_PARTY, needs.of_due_order, holds.on_unknown_party_due),
        Due(holds.RATE_LOOK, needs.of_due_order, holds.on_rate_look),
        Due(notices.NOTICE, needs.of_due_order, notices.on_notice_due),
        Due(contracts.END, needs.of_due_contract, contracts.on_contract_end_due),
        Due(approvals.APPROVAL, needs.of_approval, approvals.on_approval_due),
    ),
    api=api.router,
    verify=identities.verify,
    totals=compared.totals,
    escalations=compared.escalation_count,
    outcomes=outcomes.OUTCOMES,
)
