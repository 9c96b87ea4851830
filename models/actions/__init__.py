"""Every staff action on a visit. To add one: write its module, then name it in `AnyAction`."""

from typing import Annotated

from pydantic import Field

from models.actions.allergies import ChangeAllergy, RecordAllergy
from models.actions.base import Action, Case, Change, Charge, Row, Start
from models.actions.cancelling import CancelOrder
from models.actions.consultation import RecordDiagnosis, RecordEncounter, Refer, TakeIn
from models.actions.corrections import CorrectLabResult
from models.actions.critical_results import AcknowledgeCritical
from models.actions.death import RecordDeath, UndoDeath
from models.actions.discharge import CancelVisit, Discharge, FollowUp
from models.actions.emergency import IdentifyPatient, ReceiveEmergency
from models.actions.family_planning import RecordFamilyPlanning
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
from models.actions.registration import OpenVisit, RegisterPatient
from models.actions.reopening import ReopenVisit
from models.actions.telling import TellPatient
from models.actions.triage import ConfirmRetriage, RecordTriage

VisitAction = (
    RecordTriage
    | ConfirmRetriage
    | IdentifyPatient
    | WrongPatient
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
    | RecordImmunization
    | RecordReaction
    | EndObservation
    | RecordFamilyPlanning
    | RecordMchService
    | TakePayment
    | RaiseShaInvoice
    | BillInsurer
    | Discharge
    | TellPatient
    | CancelVisit
    | RecordDeath
    | ReopenVisit
    | UndoDeath
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
    | ConfirmPayment
    | FailPayment
    | CreditPayment,
    Field(discriminator="kind"),
]

__all__ = [
    "AcknowledgeCritical",
    "Action",
    "AnyAction",
    "AnyVisitAction",
    "BillInsurer",
    "CancelOrder",
    "CancelVisit",
    "Case",
    "Change",
    "ChangeAllergy",
    "Charge",
    "ConfirmPayment",
    "ConfirmRetriage",
    "CorrectLabResult",
    "CreditPayment",
    "Discharge",
    "Dispense",
    "EndObservation",
    "FailPayment",
    "FollowPatient",
    "FollowUp",
    "IdentifyPatient",
    "OpenVisit",
    "OrderLabTest",
    "Prescribe",
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
    "RecordTriage",
    "Refer",
    "RegisterNewborn",
    "RegisterPatient",
    "ReopenVisit",
    "ReportLabTest",
    "Row",
    "Start",
    "TakeIn",
    "TakePayment",
    "TellPatient",
    "UndoDeath",
    "VisitAction",
    "WrongPatient",
]
