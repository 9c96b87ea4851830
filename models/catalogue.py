"""What the decision must know from outside the visit: the action names it, the activity looks it up."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from models.base import Value
from models.claims import Payer
from models.doses import Given
from models.medicine_checks import History
from models.policy import HOUSE, Policy
from models.staff import Station
from models.stock import Stock


class Resource(StrEnum):
    """What a record is about, in the audit and as the name of its table."""

    PATIENT = "PATIENT"
    VISIT = "VISIT"
    HANDOVER = "HANDOVER"
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
    WAIVER = "WAIVER"
    REFUND = "REFUND"
    BREAK_GLASS = "BREAK_GLASS"
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
    RECONCILIATION = "RECONCILIATION"


MARKABLE = frozenset(
    {
        Resource.ENCOUNTER,
        Resource.DIAGNOSIS,
        Resource.PRESCRIPTION,
        Resource.MEDICATION_DISPENSE,
        Resource.LAB_REQUEST,
        Resource.REFERRAL,
        Resource.IMMUNIZATION,
        Resource.REACTION,
        Resource.FAMILY_PLANNING,
        Resource.MCH_SERVICE,
    }
)
"""What may turn out to have been entered in error."""


CONSULTATION_CODE = "CONSULTATION"
"""In the price list."""


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


class RecordsOfVisit(Value):
    """Everything that was written down during the visit, and what of it is charged."""


class AffairsOfVisit(Value):
    """What hangs on the visit and its patient: what an end takes along, and what comes back with it."""


class DebtsOfVisit(Value):
    """The cashier's open tasks to settle the visit's bill."""


class PlaceInQueue(Value):
    """How many wait at a station whose turn comes before that of the visit, and whom nobody has taken."""

    station: Station


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
    | RecordsOfVisit
    | AffairsOfVisit
    | DebtsOfVisit
    | PlaceInQueue
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

    `orders`: the visit's lab requests, prescriptions and referrals by id. `tasks`: the visit's open ones. `newborns`:
    numbers of visits of babies that are linked to this one. `open_visits`: numbers of the patient's other open visits.
    `seen_at`: when a clinician last wrote an encounter of the visit. `call_backs`: calls that are owed to the patient.
    """

    appointments: tuple[dict[str, Any], ...] = ()
    obligations: tuple[dict[str, Any], ...] = ()
    orders: dict[UUID, dict[str, Any]] = {}
    tasks: tuple[dict[str, Any], ...] = ()
    claims: tuple[ClaimStanding, ...] = ()
    newborns: tuple[str, ...] = ()
    open_visits: tuple[str, ...] = ()
    seen_at: datetime | None = None
    call_backs: tuple[UUID, ...] = ()


class BillLine(Value):
    """What a line of the bill is for; the price of one, in KES."""

    code: str
    description: str
    unit_price: Decimal


class VisitRecords(Value):
    """`rows`: oldest first, with what was entered in error. `charges`: what each record charges now, in KES. `lines`:
    with what each order was charged first."""

    rows: dict[Resource, tuple[dict[str, Any], ...]] = {}
    charges: dict[UUID, Decimal] = {}
    lines: dict[UUID, BillLine] = {}

    def all(self, resource: Resource) -> tuple[dict[str, Any], ...]:
        return self.rows.get(resource, ())

    def standing(self, resource: Resource, but: UUID | None = None) -> list[dict[str, Any]]:
        """What counts: not entered in error, and not the one that is being undone."""
        rows = self.all(resource)
        return [row for row in rows if row["id"] != but and row.get("entered_in_error_at") is None]


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
    is_expected: bool = False
    """Whether the patient that was asked for has an appointment of these days, or did not come to one."""
    call_backs: tuple[UUID, ...] = ()
    """Calls that are owed to that patient, who left an earlier visit."""
    invoices: tuple[dict[str, Any], ...] = ()
    """What was invoiced for the visit and holds: `id`, `resource`, `amount_charged`."""
    claims: tuple[dict[str, Any], ...] = ()
    records: VisitRecords = VisitRecords()
    affairs: Affairs = Affairs()
    debts: tuple[dict[str, Any], ...] = ()
    """Open tasks to settle the bill."""
    policy: Policy = Field(default_factory=lambda: HOUSE.policy[0])
    """The clinic's policy, in the version that the visit began with."""
    ahead: int = 0
    number: int = 0

    def under(self, policy: Policy) -> "Known":
        return self.model_copy(update={"policy": policy})
