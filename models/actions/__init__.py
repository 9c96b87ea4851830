"""Every staff action on a visit. To add one: write its module, then name it in `AnyAction`."""

from typing import Annotated

from pydantic import Field

from models.actions.allergies import ChangeAllergy, RecordAllergy
from models.actions.base import Action, Case, Change, Charge, Row, Start
from models.actions.break_glass import BreakGlass, ReviewBreakGlass
from models.actions.calling_back import PatientCalledBack
from models.actions.cancelling import CancelOrder
from models.actions.consultation import RecordDiagnosis, RecordEncounter, Refer, TakeIn
from models.actions.corrections import CorrectLabResult
from models.actions.cover import HearCover
from models.actions.critical_results import AcknowledgeCritical
from models.actions.death import RecordDeath, UndoDeath
from models.actions.departures import PatientLeft
from models.actions.deposits import TakeDeposit
from models.actions.discharge import CancelVisit, Discharge, FollowUp
from models.actions.emergency import IdentifyPatient, ReceiveEmergency
from models.actions.entered_in_error import EnterInError
from models.actions.family_planning import RecordFamilyPlanning
from models.actions.handing_over import HandOver
from models.actions.identity import FollowPatient, WrongPatient
from models.actions.immunization import RecordImmunization
from models.actions.invoices import BillInsurer, RaiseShaInvoice
from models.actions.laboratory import OrderLabTest, ReportLabTest
from models.actions.mch import RecordMchService
from models.actions.money import ConfirmPayment, CreditPayment, FailPayment, TakePayment
from models.actions.newborn import RegisterNewborn
from models.actions.observation import EndObservation, RecordReaction
from models.actions.pharmacy import Dispense
from models.actions.prescribing import Prescribe
from models.actions.queueing import CallPatient, NoAnswer, ReleasePatient, TakePatient
from models.actions.quoting import QuoteService
from models.actions.referrals import CancelReferral, RecordReferralFeedback, ReferOut
from models.actions.refunds import DecideRefund, PayOutRefund, RequestRefund
from models.actions.registration import OpenVisit, RegisterPatient
from models.actions.reopening import ReopenVisit
from models.actions.returning import PatientReturned
from models.actions.telling import TellPatient
from models.actions.triage import ConfirmRetriage, RecordTriage
from models.actions.waivers import DecideWaiver, ExpireWaiver, RequestWaiver

VisitAction = (
    RecordTriage
    | ConfirmRetriage
    | IdentifyPatient
    | WrongPatient
    | CallPatient
    | NoAnswer
    | TakePatient
    | ReleasePatient
    | TakeIn
    | RecordEncounter
    | RecordDiagnosis
    | OrderLabTest
    | ReportLabTest
    | CorrectLabResult
    | AcknowledgeCritical
    | CancelOrder
    | RecordAllergy
    | ChangeAllergy
    | Prescribe
    | Dispense
    | Refer
    | ReferOut
    | CancelReferral
    | RecordReferralFeedback
    | QuoteService
    | RecordImmunization
    | RecordReaction
    | EndObservation
    | RecordFamilyPlanning
    | RecordMchService
    | TakePayment
    | TakeDeposit
    | RequestWaiver
    | DecideWaiver
    | RequestRefund
    | DecideRefund
    | PayOutRefund
    | BreakGlass
    | ReviewBreakGlass
    | RaiseShaInvoice
    | BillInsurer
    | Discharge
    | TellPatient
    | CancelVisit
    | PatientLeft
    | PatientReturned
    | PatientCalledBack
    | RecordDeath
    | ReopenVisit
    | UndoDeath
    | EnterInError
)
"""What may be done on a visit that is there."""

AnyVisitAction = Annotated[VisitAction, Field(discriminator="kind")]
AnyAction = Annotated[
    RegisterPatient
    | OpenVisit
    | ReceiveEmergency
    | RegisterNewborn
    | VisitAction
    | FollowPatient
    | HandOver
    | ConfirmPayment
    | FailPayment
    | CreditPayment
    | ExpireWaiver
    | HearCover,
    Field(discriminator="kind"),
]

__all__ = [
    "AcknowledgeCritical",
    "Action",
    "AnyAction",
    "AnyVisitAction",
    "BillInsurer",
    "BreakGlass",
    "CallPatient",
    "CancelOrder",
    "CancelReferral",
    "CancelVisit",
    "Case",
    "Change",
    "ChangeAllergy",
    "Charge",
    "ConfirmPayment",
    "ConfirmRetriage",
    "CorrectLabResult",
    "CreditPayment",
    "DecideRefund",
    "DecideWaiver",
    "Discharge",
    "Dispense",
    "EndObservation",
    "EnterInError",
    "ExpireWaiver",
    "FailPayment",
    "FollowPatient",
    "FollowUp",
    "HandOver",
    "HearCover",
    "IdentifyPatient",
    "NoAnswer",
    "OpenVisit",
    "OrderLabTest",
    "PatientCalledBack",
    "PatientLeft",
    "PatientReturned",
    "PayOutRefund",
    "Prescribe",
    "QuoteService",
    "RaiseShaInvoice",
    "ReceiveEmergency",
    "RecordAllergy",
    "RecordDeath",
    "RecordDiagnosis",
    "RecordEncounter",
    "RecordFamilyPlanning",
    "RecordImmunization",
    "RecordMchService",
    "RecordReaction",
    "RecordReferralFeedback",
    "RecordTriage",
    "Refer",
    "ReferOut",
    "RegisterNewborn",
    "RegisterPatient",
    "ReleasePatient",
    "ReopenVisit",
    "ReportLabTest",
    "RequestRefund",
    "RequestWaiver",
    "ReviewBreakGlass",
    "Row",
    "Start",
    "TakeDeposit",
    "TakeIn",
    "TakePatient",
    "TakePayment",
    "TellPatient",
    "UndoDeath",
    "VisitAction",
    "WrongPatient",
]
