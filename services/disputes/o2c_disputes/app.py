"""The wiring of disputes: what it keeps, what it hears, and which function answers."""

from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import Due, Hears, Keeps, Service
from o2c_contracts import billing, cash, intake, master, shared

from . import commands
from .api import router
from .domain.amounts import Dispute
from .domain.cases import Case, CreditRequest, Customer, Entry
from .domain.clocks import Clock, Escalation, Pause
from .domain.items import Item, Movement
from .handlers import billing as on_billing
from .handlers import clocks, closings, desk, items, openings, pauses, resolutions
from .queries import compared, identities, outcomes
from .tables import needs, schema

BILLING = ("billing",)

service = Service(
    name="disputes",
    keeps=(
        Keeps(Customer, schema.customers),
        Keeps(Item, schema.items),
        Keeps(Movement, schema.movements, append_only=True),
        Keeps(Case, schema.cases),
        Keeps(Entry, schema.entries, append_only=True),
        Keeps(Dispute, schema.disputes),
        Keeps(CreditRequest, schema.credit_requests),
        Keeps(Clock, schema.clocks),
        Keeps(Pause, schema.pauses),
        Keeps(Escalation, schema.escalations),
    ),
    hears=(
        Hears(master.CustomerRegistered, needs.the_customer, desk.on_customer_registered),
        Hears(master.CustomerChanged, needs.the_customer_and_open_cases, desk.on_customer_changed),
        Hears(intake.QueryReceived, needs.a_query, openings.on_query_received),
        Hears(billing.InvoiceIssued, needs.an_invoice, items.on_invoice_issued),
        Hears(cash.PaymentApplied, needs.an_item, items.on_item_changed),
        Hears(cash.PaymentApplicationReversed, needs.an_item, items.on_item_changed),
        Hears(cash.CreditApplied, needs.an_item, items.on_item_changed),
        Hears(cash.DiscountGranted, needs.an_item, items.on_item_changed),
        Hears(cash.DiscountReversed, needs.an_item, items.on_item_changed),
        Hears(cash.WriteOffPosted, needs.an_item, items.on_item_changed),
        Hears(cash.WriteOffReversed, needs.an_item, items.on_item_changed),
        Hears(cash.InvoiceCleared, needs.an_item, items.on_invoice_cleared),
        Hears(cash.ShortPaymentFound, needs.an_item, items.on_short_payment_found),
        Hears(billing.CreditNoteIssued, needs.a_credit_request, on_billing.on_credit_note_issued),
        Hears(billing.CreditRequestRefused, needs.a_credit_request, on_billing.on_credit_request_refused),
        Hears(shared.ApprovalRequested, needs.an_approval, on_billing.on_approval_requested, of=BILLING),
        Hears(shared.ApprovalGranted, needs.an_approval, on_billing.on_approval_granted, of=BILLING),
        Hears(shared.ApprovalRefused, needs.an_approval, on_billing.on_approval_refused, of=BILLING),
        Hears(shared.ApprovalExpired, needs.an_approval, on_billing.on_approval_expired, of=BILLING),
        Hears(shared.ApprovalVoided, needs.an_approval, on_billing.on_approval_voided, of=BILLING),
        Hears(commands.OpenCase, needs.a_new_case, openings.on_open_case),
        Hears(commands.OpenDispute, needs.a_new_case, openings.on_open_dispute),
        Hears(commands.AnswerCase, needs.a_case, closings.on_answer_case),
        Hears(commands.ResolveDispute, needs.a_case, resolutions.on_resolve_dispute),
        Hears(commands.CloseCase, needs.a_case, closings.on_close_case),
        Hears(commands.ReopenCase, needs.a_case, closings.on_reopen_case),
        Hears(commands.PauseCase, needs.a_case, pauses.on_pause_case),
        Hears(commands.ResumeCase, needs.a_case, pauses.on_resume_case),
        Hears(commands.AssignCase, needs.a_case, desk.on_assign_case),
        Hears(commands.PrioritiseCase, needs.a_case, desk.on_prioritise_case),
        Hears(AcknowledgeEscalation, needs.an_escalation, desk.on_acknowledge_escalation),
    ),
    dues=(
        Due(clocks.SLA, needs.a_deadline, clocks.on_sla_due),
        Due(clocks.PAUSE, needs.a_deadline, pauses.on_pause_over),
    ),
    api=router,
    verify=identities.verify,
    totals=compared.totals,
    escalations=compared.escalation_count,
    outcomes=outcomes.OUTCOMES,
)
