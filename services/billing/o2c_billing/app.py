"""Wires billing. The routing table: what was said, the rows it needs, what we do."""

from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import Delivers, Due, Hears, Service
from o2c_contracts.disputes import CreditRequested, CreditRequestWithdrawn
from o2c_contracts.intake import DeliveryConfirmed
from o2c_contracts.master import CustomerChanged, CustomerRegistered
from o2c_contracts.orders import (
    ContractActivated,
    ContractAmended,
    ContractEnded,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderHeld,
    OrderRejected,
    OrderReleased,
)

from . import api, tables
from .commands import ApproveRequest, CancelCharge, RefuseRequest, ReleaseInvoice, RequestCreditNote
from .handlers import (
    approvals,
    billing_days,
    cancelling,
    contracts,
    credit_notes,
    customers,
    deliveries,
    drafts,
    escalations,
    orders,
    sending,
)
from .queries import compared, identities, outcomes
from .queries.escalations import escalation_count
from .rendering import render

service = Service(
    name="billing",
    keeps=tables.KEEPS,
    hears=(
        Hears(CustomerRegistered, tables.customer, customers.on_customer_registered),
        Hears(CustomerChanged, tables.customer, customers.on_customer_changed),
        Hears(ContractActivated, tables.contract, contracts.on_contract_activated),
        Hears(ContractAmended, tables.contract_amended, contracts.on_contract_amended),
        Hears(ContractEnded, tables.contract_amended, contracts.on_contract_ended),
        Hears(OrderAccepted, tables.order, orders.on_order_accepted),
        Hears(OrderHeld, tables.order, orders.on_order_held),
        Hears(OrderReleased, tables.order, orders.on_order_released),
        Hears(OrderAmended, tables.order, orders.on_order_amended),
        Hears(OrderRejected, tables.order, orders.on_order_rejected),
        Hears(OrderCancelled, tables.order, orders.on_order_cancelled),
        Hears(DeliveryConfirmed, tables.delivery, deliveries.on_delivery_confirmed),
        Hears(CreditRequested, tables.new_credit, credit_notes.on_credit_requested),
        Hears(CreditRequestWithdrawn, tables.new_credit, credit_notes.on_credit_request_withdrawn),
        Hears(RequestCreditNote, tables.new_credit, credit_notes.on_request_credit_note),
        Hears(CancelCharge, tables.cancel, cancelling.on_cancel_charge),
        Hears(ReleaseInvoice, tables.draft, drafts.on_release_invoice),
        Hears(ApproveRequest, tables.approval, approvals.on_approve_request),
        Hears(RefuseRequest, tables.approval, approvals.on_refuse_request),
        Hears(AcknowledgeEscalation, tables.escalation, escalations.on_acknowledge_escalation),
    ),
    dues=(
        Due("recurring", tables.recurring, contracts.on_month_begun),
        Due("billing-day", tables.billing_day, billing_days.on_billing_day),
        Due("approval", tables.approval, approvals.on_approval_expired),
    ),
    delivers=(
        Delivers("invoice", render, tables.delivery_ended, sending.on_invoice_delivery_ended),
        Delivers("credit-note", render, tables.delivery_ended, sending.on_credit_note_delivery_ended),
    ),
    api=api.router,
    verify=identities.verify,
    totals=compared.totals,
    escalations=escalation_count,
    outcomes=outcomes.OUTCOMES,
)
