"""What the decision must know from outside the visit: the action names it, the activity looks it up."""

from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.base import Value
from models.claims import Payer
from models.doses import Given
from models.medicine_checks import History
from models.stock import Stock


class Resource(StrEnum):
    """What a record is about, in the audit and as the name of its table."""

    PATIENT = "PATIENT"
    VISIT = "VISIT"
    ENCOUNTER = "ENCOUNTER"
    DIAGNOSIS = "DIAGNOSIS"
    PRESCRIPTION = "PRESCRIPTION"
    MEDICATION_DISPENSE = "MEDICATION_DISPENSE"
    ALLERGY = "ALLERGY"
    STOCK = "STOCK"
    LAB_REQUEST = "LAB_REQUEST"
    CRITICAL_NOTICE = "CRITICAL_NOTICE"
    OBLIGATION = "OBLIGATION"
    REFERRAL = "REFERRAL"
    IMMUNIZATION = "IMMUNIZATION"
    REACTION = "REACTION"
    FAMILY_PLANNING = "FAMILY_PLANNING"
    MCH_SERVICE = "MCH_SERVICE"
    FAMILY_LINK = "FAMILY_LINK"
    PAYMENT = "PAYMENT"
    SHA_INVOICE = "SHA_INVOICE"
    INSURER_INVOICE = "INSURER_INVOICE"
    INSURER = "INSURER"
    CLAIM = "CLAIM"
    TASK = "TASK"
    APPOINTMENT = "APPOINTMENT"
    STAFF = "STAFF"
    PRICE = "PRICE"
    SIGN_IN = "SIGN_IN"
    DECODE = "DECODE"
    HINDSIGHT = "HINDSIGHT"


class Catalogue(StrEnum):
    """The lists a service chooses from."""

    VACCINES = "VACCINES"
    METHODS = "METHODS"
    SERVICES = "SERVICES"


class PriceOf(Value):
    """The price of a code in the facility's list."""

    code: str
    field: str


class ItemOf(Value):
    """A vaccine, method or service of the facility, with its price."""

    catalogue: Catalogue
    id: UUID
    field: str


class RowOf(Value):
    """The stored record that the action changes or refers to."""

    resource: Resource
    id: UUID


class PatientOf(Value):
    """A patient of the facility, by id or by national id."""

    id: UUID | None = None
    national_id: str | None = None


class PatientOfVisit(Value):
    """Whose visit it is: the command's own, or another of the facility."""

    visit_id: UUID | None = None


class DosesGiven(Value):
    """Every dose of a vaccine that the visit's patient was ever given here."""


class HistoryOf(Value):
    """What is known of the visit's patient that bears on medicines, without the prescription that is asked about."""

    prescription_id: UUID | None = None


class StockOf(Value):
    """The stock of a drug, by its code or of what was prescribed; nobody else moves it until the change is written."""

    code: str | None = None
    prescription_id: UUID | None = None


class CoverOfVisit(Value):
    """The invoices and claims of the visit: what somebody else was to pay."""


class AffairsOfVisit(Value):
    """What hangs on the visit and its patient: what an end takes along, and what comes back with it."""


class NextNumber(Value):
    """The facility's next number of a series, never given twice."""

    series: str


Want = (
    PriceOf
    | ItemOf
    | RowOf
    | PatientOf
    | PatientOfVisit
    | DosesGiven
    | HistoryOf
    | StockOf
    | CoverOfVisit
    | AffairsOfVisit
    | NextNumber
)


class Priced(Value):
    """One line of the price list."""

    code: str
    name: str
    amount: Decimal


class Item(Value):
    """One vaccine, method or service; `price` is None where nothing is charged."""

    id: UUID
    code: str
    name: str
    price: Decimal | None = None


class ClaimStanding(Value):
    """A claim of the visit. `went_out`: the payer has it, had it, or may have it."""

    id: UUID
    payer: Payer
    number: str
    status: str
    reason: str
    went_out: bool


class Affairs(Value):
    """`appointments`: the patient's, to come, whatever became of them. `obligations`: the patient's open ones.

    `orders`: the visit's lab requests and prescriptions by id. `tasks`: the visit's open ones. `newborns`: numbers of
    visits of babies that are linked to this one.
    """

    appointments: tuple[dict[str, Any], ...] = ()
    obligations: tuple[dict[str, Any], ...] = ()
    orders: dict[UUID, dict[str, Any]] = {}
    tasks: tuple[dict[str, Any], ...] = ()
    claims: tuple[ClaimStanding, ...] = ()
    newborns: tuple[str, ...] = ()


class Known(Value):
    """The answers to what an action wanted; what was not found is None. No stock: nobody keeps any of that drug."""

    price: Priced | None = None
    nearest: tuple[str, ...] = ()
    item: Item | None = None
    row: dict[str, Any] | None = None
    patient: dict[str, Any] | None = None
    doses: tuple[Given, ...] = ()
    history: History | None = None
    stock: Stock | None = None
    open_visits: tuple[UUID, ...] = ()
    """Of the patient that was asked for."""
    invoices: tuple[dict[str, Any], ...] = ()
    """What was invoiced for the visit and holds: `id`, `resource`, `amount_charged`."""
    claims: tuple[dict[str, Any], ...] = ()
    affairs: Affairs = Affairs()
    number: int = 0
