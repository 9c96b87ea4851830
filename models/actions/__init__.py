"""Every staff action on a visit. To add one: write its module, then name it in `AnyAction`."""

from typing import Annotated

from pydantic import Field

from models.actions.base import Action, Case, Change, Charge, Row, Start
from models.actions.consultation import RecordDiagnosis, RecordEncounter, Refer, TakeIn
from models.actions.discharge import CancelVisit, Discharge, FollowUp
from models.actions.family_planning import RecordFamilyPlanning
from models.actions.immunization import RecordImmunization
from models.actions.invoices import BillInsurer, RaiseShaInvoice
from models.actions.laboratory import OrderLabTest, ReportLabTest
from models.actions.mch import RecordMchService
from models.actions.money import ConfirmPayment, CreditPayment, FailPayment, TakePayment
from models.actions.newborn import RegisterNewborn
from models.actions.observation import EndObservation, RecordReaction
from models.actions.pharmacy import Dispense, Prescribe
from models.actions.registration import OpenVisit, RegisterPatient
from models.actions.triage import RecordTriage

VisitAction = (
    RecordTriage
    | TakeIn
    | RecordEncounter
    | RecordDiagnosis
    | OrderLabTest
    | ReportLabTest
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
    | CancelVisit
)
"""What may be done on a visit that is open."""

AnyVisitAction = Annotated[VisitAction, Field(discriminator="kind")]
AnyAction = Annotated[
    RegisterPatient | OpenVisit | RegisterNewborn | VisitAction | ConfirmPayment | FailPayment | CreditPayment,
    Field(discriminator="kind"),
]

__all__ = [
    "Action",
    "AnyAction",
    "AnyVisitAction",
    "BillInsurer",
    "CancelVisit",
    "Case",
    "Change",
    "Charge",
    "ConfirmPayment",
    "CreditPayment",
    "Discharge",
    "Dispense",
    "EndObservation",
    "FailPayment",
    "FollowUp",
    "OpenVisit",
    "OrderLabTest",
    "Prescribe",
    "RaiseShaInvoice",
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
    "ReportLabTest",
    "Row",
    "Start",
    "TakeIn",
    "TakePayment",
    "VisitAction",
]
