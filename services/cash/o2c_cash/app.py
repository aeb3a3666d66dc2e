"""What cash hears, the rows each event needs, and what it does."""

from o2c_chassis.approvals import Approval
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import Delivers, Due, Hears, Keeps, Service
from o2c_chassis.tables import approvals
from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.master import CustomerChanged, CustomerRegistered, FamilyChanged

from . import api, commands, queries, rendering
from .handlers import (
    alerts,
    items,
    matching,
    matrix,
    parties,
    payments,
    people,
    refunds,
    remittances,
    returns,
    settling,
    told,
    write_offs,
)
from .handlers import approvals as agreed
from .tables import GROWING, ROWS, needs
from .tables.families import families

service = Service(
    name="cash",
    keeps=(
        *(Keeps(kind, table) for kind, table in ROWS.items()),
        *(Keeps(kind, table, append_only=True) for kind, table in GROWING.items()),
        Keeps(Approval, approvals),
    ),
    hears=(
        Hears(CustomerRegistered, needs.for_registered, parties.on_customer_registered),
        Hears(CustomerChanged, needs.for_registered, parties.on_customer_changed),
        Hears(FamilyChanged, needs.for_family, parties.on_family_changed),
        Hears(InvoiceIssued, needs.for_invoice, items.on_invoice_issued),
        Hears(CreditNoteIssued, needs.for_credit_note, items.on_credit_note_issued),
        Hears(DisputeOpened, needs.for_dispute, items.on_dispute_opened),
        Hears(DisputeResolved, needs.for_dispute, items.on_dispute_resolved),
        Hears(PaymentReceived, needs.for_payment, payments.on_payment_received),
        Hears(RemittanceAdvised, needs.for_remittance, remittances.on_remittance_advised),
        Hears(PaymentReturned, needs.for_returned, returns.on_payment_returned),
        Hears(PaymentIdentified, needs.for_identified, told.on_identified),
        Hears(commands.IdentifyPayment, needs.for_identification, people.on_identify_payment),
        Hears(commands.AllocatePayment, needs.for_allocation, people.on_allocate_payment),
        Hears(commands.PutOnAccount, needs.for_on_account, people.on_put_on_account),
        Hears(commands.ApplyCredit, needs.for_credit, people.on_apply_credit),
        Hears(commands.WriteOff, needs.for_write_off, write_offs.on_write_off),
        Hears(commands.RequestRefund, needs.for_refund, refunds.on_request_refund),
        Hears(commands.ApproveRequest, needs.for_approval, agreed.on_approve_request),
        Hears(commands.RefuseRequest, needs.for_approval, agreed.on_refuse_request),
        Hears(AcknowledgeEscalation, needs.for_acknowledged, alerts.on_acknowledge_escalation),
    ),
    dues=(
        Due(matching.REFERENCE, needs.for_waited, payments.on_reference_waited),
        Due(alerts.UNIDENTIFIED, needs.for_awaited_payer, alerts.on_payer_awaited),
        Due(alerts.RETURN, needs.for_return_waited, alerts.on_return_waited),
        Due(settling.SMALL_CREDIT, needs.for_small_credit, payments.on_small_credit_aged),
        Due(matrix.APPROVAL, needs.for_expiry, agreed.on_approval_expired),
    ),
    delivers=(Delivers(refunds.INSTRUCTION, rendering.render, needs.for_refund_ended, refunds.on_refund_ended),),
    families=families,
    api=api.router,
    verify=queries.verify,
    totals=queries.totals,
    escalations=queries.escalation_count,
    outcomes=queries.OUTCOMES,
)
