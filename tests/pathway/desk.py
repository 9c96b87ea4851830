"""One visit at a desk without servers: the rules decide, plain dictionaries remember."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from models.actions import (
    Action,
    Change,
    OpenVisit,
    OrderLabTest,
    RecordEncounter,
    ReportLabTest,
    TakeIn,
    TakePayment,
)
from models.actions.base import Charge
from models.catalogue import (
    Affairs,
    AffairsOfVisit,
    BillLine,
    ClaimStanding,
    CoverOfVisit,
    DebtsOfVisit,
    DosesGiven,
    HistoryOf,
    ItemOf,
    Known,
    NextNumber,
    PatientOf,
    PatientOfVisit,
    PlaceInQueue,
    Priced,
    PriceOf,
    RecordsOfVisit,
    Resource,
    RowOf,
    StockOf,
    VisitRecords,
)
from models.command import Command, accept
from models.doses import Given
from models.medicine_checks import Contact, History, KnownAllergy, Therapy
from models.paying import PaymentType
from models.policy import GATED, HOUSE, Policy, When
from models.problems import Problem, Refused
from models.staff import Person, Role
from models.stock import Batch, MoveKind, Stock, StockMove
from models.tasks import TaskKind
from models.visit import Visit
from tests.pathway.people import (
    CLINICIAN,
    ITEMS,
    LISTS,
    MORNING,
    NAMES,
    NURSE,
    PRICES,
    STAFF,
    prescription,
    registration,
    triage,
)

VISIT = uuid5(NAMES, "visit")


@dataclass
class Shelf:
    """What the database would hold: records, the lines of the bill, numbers given."""

    rows: dict[tuple[Resource, UUID], dict[str, Any]] = field(default_factory=dict)
    bill: list[Charge] = field(default_factory=list)
    lines: dict[UUID, BillLine] = field(default_factory=dict)
    struck: dict[tuple[UUID, UUID], list[Charge]] = field(default_factory=dict)
    visits: dict[UUID, UUID] = field(default_factory=dict)
    open: set[UUID] = field(default_factory=set)
    claims: list[ClaimStanding] = field(default_factory=list)
    number: int = 0
    batches: dict[str, list[Batch]] = field(default_factory=dict)
    ledger: list[StockMove] = field(default_factory=list)
    policy: Policy = HOUSE.policy[0]

    def known(self, command: Command) -> Known:
        """What the action wants to know, looked up within the actor's facility."""
        facts: dict[str, Any] = {"policy": self.policy}
        for want in command.action.wants_under(self.policy):
            match want:
                case PriceOf():
                    code = next((code for code in PRICES if code.lower() == want.code.lower()), None)
                    price = Priced(code=code, name=code, amount=PRICES[code]) if code else None
                    facts |= {"price": price, "nearest": () if code else ("BLOOD_TEST",)}
                case ItemOf():
                    facts["item"] = ITEMS.get(want.id) if want.id in LISTS[want.catalogue] else None
                case RowOf():
                    facts["row"] = self.row(want.resource, want.id, command.actor)
                case PatientOf():
                    facts["patient"] = self.patient(want, command.actor)
                    facts["open_visits"] = self.open_visits_of(facts["patient"])
                case CoverOfVisit():
                    facts["invoices"] = self.invoices_of(command.visit_id)
                case PatientOfVisit():
                    facts["patient"] = self.patient_of(want.visit_id or command.visit_id, command.actor)
                case RecordsOfVisit():
                    facts["records"] = self.records_of(command.visit_id)
                case DosesGiven():
                    facts["doses"] = self.doses(command.visit_id)
                case HistoryOf():
                    facts["history"] = self.history(want, command)
                case StockOf():
                    facts["stock"] = self.stock(want, command.actor)
                case AffairsOfVisit():
                    facts["affairs"] = self.affairs(command.visit_id)
                case DebtsOfVisit():
                    tasks = self.affairs(command.visit_id).tasks
                    facts["debts"] = tuple(task for task in tasks if task["kind"] == TaskKind.SETTLE_BILL)
                case PlaceInQueue():
                    facts["ahead"] = 0
                case NextNumber():
                    self.number += 1
                    facts["number"] = self.number
        return Known(**facts)

    def row(self, resource: Resource, id: UUID, actor: Person) -> dict[str, Any] | None:
        found = self.rows.get((resource, id))
        return found if found and found["facility_id"] == actor.facility_id else None

    def patient(self, want: PatientOf, actor: Person) -> dict[str, Any] | None:
        if want.id:
            found = self.row(Resource.PATIENT, want.id, actor)
            goes_on_as = found and found.get("merged_into")
            return self.row(Resource.PATIENT, goes_on_as, actor) if goes_on_as else found
        patients = [row for (resource, _), row in self.rows.items() if resource is Resource.PATIENT]
        return next((p for p in patients if p["national_id"] == want.national_id), None)

    def open_visits_of(self, patient: dict[str, Any] | None) -> tuple[UUID, ...]:
        return tuple(id for id in self.open if patient and self.visits[id] == patient["id"])

    def invoices_of(self, visit_id: UUID) -> tuple[dict[str, Any], ...]:
        """What holds of them."""
        kinds = (Resource.SHA_INVOICE, Resource.INSURER_INVOICE)
        found = [{**row, "resource": kind} for (kind, _), row in self.rows.items() if kind in kinds]
        return tuple(row for row in found if row["visit_id"] == visit_id and row["status"] != "CANCELLED")

    def patient_of(self, visit_id: UUID, actor: Person) -> dict[str, Any] | None:
        patient_id = self.visits.get(visit_id)
        return self.row(Resource.PATIENT, patient_id, actor) if patient_id else None

    def doses(self, visit_id: UUID) -> tuple[Given, ...]:
        """What the visit's patient was given, whichever visit it was given on."""
        reactions = [row for (resource, _), row in self.rows.items() if resource is Resource.REACTION]
        severe = {row["immunization_id"] for row in reactions if row["anaphylaxis"] and counts(row)}
        return tuple(
            Given(
                code=ITEMS[row["vaccine_id"]].code,
                on=row["immunization_date"],
                conditions=tuple(row["conditions"]),
                anaphylaxis=row["id"] in severe,
            )
            for (resource, _), row in self.rows.items()
            if resource is Resource.IMMUNIZATION and row["patient_id"] == self.visits.get(visit_id) and counts(row)
        )

    def those(self, resource: Resource, patient_id: UUID | None) -> list[dict[str, Any]]:
        """The patient's records of that kind that count, as they were written down."""
        rows = [row for (kind, _), row in self.rows.items() if kind is resource]
        return [row for row in rows if row.get("patient_id") == patient_id and counts(row)]

    def history(self, want: HistoryOf, command: Command) -> History:
        id = self.visits.get(command.visit_id)
        patient = self.patient_of(command.visit_id, command.actor) or {}
        allergies = [a for a in self.those(Resource.ALLERGY, id) if a["clinical_status"] == "active"]
        allergies = [a for a in allergies if a["verification_status"] in ("unconfirmed", "confirmed")]
        drugs = [d for d in self.those(Resource.PRESCRIPTION, id) if d["id"] != want.prescription_id]
        signs = [e["vital_signs"] or {} for e in self.those(Resource.ENCOUNTER, id)]
        said = [one["pregnant"] for one in signs if "pregnant" in one]
        cared = [(ITEMS[m["service_id"]].code, m["service_date"]) for m in self.those(Resource.MCH_SERVICE, id)]
        return History(
            date_of_birth=patient.get("date_of_birth"),
            gender=patient.get("gender", "UNKNOWN"),
            allergies=tuple(KnownAllergy(**{n: a[n] for n in KnownAllergy.model_fields}) for a in allergies),
            therapies=tuple(Therapy(**{n: d[n] for n in Therapy.model_fields}) for d in drugs),
            contacts=tuple(Contact(code=code, on=on) for code, on in cared),
            pregnant=said[-1] if said else None,
        )

    def stock(self, want: StockOf, actor: Person) -> Stock | None:
        row = self.row(Resource.PRESCRIPTION, want.prescription_id, actor) if want.prescription_id else None
        code = want.code or (row or {}).get("medication_name", "")
        if code not in self.batches:
            return None
        return Stock(code=code, batches=tuple(batch for batch in self.batches[code] if batch.on_hand > 0))

    def receive(self, code: str, *batches: tuple[str, date, int]) -> None:
        """Put batches on the shelf: number, last day, pieces."""
        for number, until, pieces in batches:
            id = uuid5(NAMES, f"{code} {number}")
            there = self.batches.setdefault(code, [])
            there.append(Batch(id=id, batch_number=number, expires_on=until, on_hand=pieces))
            self.ledger.append(StockMove(batch_id=id, code=code, kind=MoveKind.RECEIVED, quantity=pieces))

    def move(self, move: StockMove) -> None:
        self.batches[move.code] = [
            batch.model_copy(update={"on_hand": batch.on_hand + move.quantity}) if batch.id == move.batch_id else batch
            for batch in self.batches[move.code]
        ]
        self.ledger.append(move)

    def affairs(self, visit_id: UUID) -> Affairs:
        """What is open of the visit and its patient; appointments are taken to lie in the future."""

        def of(resource: Resource, **facts: Any) -> tuple[dict[str, Any], ...]:
            rows = (row for (kind, _), row in self.rows.items() if kind is resource)
            return tuple(row for row in rows if all(row.get(name) == value for name, value in facts.items()))

        patient_id = self.visits.get(visit_id)
        kinds = (Resource.LAB_REQUEST, Resource.PRESCRIPTION, Resource.REFERRAL)
        orders = [row for kind in kinds for row in of(kind, visit_id=visit_id)]
        return Affairs(
            appointments=of(Resource.APPOINTMENT, patient_id=patient_id),
            obligations=of(Resource.OBLIGATION, patient_id=patient_id, status="OPEN"),
            orders={row["id"]: row for row in orders},
            tasks=of(Resource.TASK, visit_id=visit_id, status="OPEN"),
            claims=tuple(self.claims),
            newborns=tuple("OP00002" for _ in of(Resource.FAMILY_LINK, related_visit_id=visit_id)),
            seen_at=max(
                (row["recorded_at"] for row in of(Resource.ENCOUNTER, visit_id=visit_id) if consulted(row)),
                default=None,
            ),
        )

    def records_of(self, visit_id: UUID) -> VisitRecords:
        """All that was written down on the visit, in the order in which it was, and what each charges."""
        rows: dict[Resource, list[dict[str, Any]]] = {}
        for (resource, _), row in self.rows.items():
            if row.get("visit_id") == visit_id:
                rows.setdefault(resource, []).append(row)
        kept = {name: tuple(found) for name, found in rows.items()}
        return VisitRecords(rows=kept, charges=self.charged, lines=self.lines)

    @property
    def charged(self) -> dict[UUID, Decimal]:
        """What each order or record charges, in KES."""
        charges: dict[UUID, Decimal] = {}
        for line in self.bill:
            assert line.order_id is not None
            charges[line.order_id] = charges.get(line.order_id, Decimal(0)) + line.amount
        return charges

    def keep(self, change: Change, command_id: UUID) -> None:
        self.visits[change.visit.id] = change.visit.patient_id
        self.open = {*self.open, change.visit.id} - ({change.visit.id} if change.visit.is_over else set())
        again = [line for lines in change.recharged for line in self.struck[lines.order_id, lines.taken_back_by]]
        for order_id in change.uncharged:
            self.struck[order_id, command_id] = [line for line in self.bill if line.order_id == order_id]
        for row in change.rows:
            self.rows[row.resource, row.id] = {**self.rows.get((row.resource, row.id), {}), "id": row.id, **row.values}
        if change.moved_from:
            self.move_records(change.visit.id, change.visit.patient_id)
        self.bill = [line for line in self.bill if line.order_id not in change.uncharged]
        made_by = change.rows[0].id if change.rows else None
        made = [one.model_copy(update={"order_id": one.order_id or made_by}) for one in change.charges]
        for line in made:
            assert line.order_id is not None
            self.lines.setdefault(line.order_id, BillLine(**{n: getattr(line, n) for n in BillLine.model_fields}))
        self.bill += [*again, *made]
        for move in change.moves:
            self.move(move)

    def move_records(self, visit_id: UUID, patient_id: UUID) -> None:
        """As the database does: whatever was written down on the visit is now that patient's."""
        for (resource, id), row in self.rows.items():
            if resource is not Resource.PATIENT and row.get("visit_id") == visit_id:
                self.rows[resource, id] = {**row, "patient_id": patient_id}

    @property
    def total(self) -> Decimal:
        """What the bill shows, in KES."""
        return sum((line.amount for line in self.bill), Decimal("0.00"))


def counts(row: dict[str, Any]) -> bool:
    """Whether nobody has marked it as entered in error."""
    return row.get("entered_in_error_at") is None


def consulted(encounter: dict[str, Any]) -> bool:
    return bool(encounter["encounter_type"] != "TRIAGE") and counts(encounter)


@dataclass
class Desk:
    """One visit and everybody who works on it; each command comes a minute after the one before."""

    shelf: Shelf = field(default_factory=Shelf)
    now: datetime = MORNING
    count: int = 0
    id: UUID = VISIT
    current: Visit | None = None

    @property
    def visit(self) -> Visit:
        assert self.current is not None
        return self.current

    def command(self, who: Person | Role, action: Action, **changed: Any) -> Command:
        self.count, self.now = self.count + 1, self.now + timedelta(minutes=1)
        actor = STAFF[who] if isinstance(who, Role) else who
        facts = {"id": uuid5(self.id, str(self.count)), "visit_id": self.id, "actor": actor, "at": self.now}
        return Command.model_validate({**facts, "action": action, **changed})

    def does(self, who: Person | Role, action: Action, **changed: Any) -> Change:
        """Have it done, or raise Refused."""
        command = self.command(who, action, **changed)
        change = accept(self.current, command, self.shelf.known(command))
        self.shelf.keep(change, command.id)
        self.current = change.visit
        return change

    def refused(self, who: Person | Role, action: Action, **changed: Any) -> Problem:
        """The problem of what must be refused."""
        with pytest.raises(Refused) as no:
            self.does(who, action, **changed)
        return no.value.problem

    def ordered(self, who: Person | Role, action: Action) -> UUID:
        """Have it done; the id of the order or record that it made."""
        return self.does(who, action).rows[0].id

    def answer(
        self, who: Person | Role, lab_request_id: UUID, status: str = "COMPLETED", hemoglobin: str = "14.2"
    ) -> Change:
        """The laboratory answers; `status` PRELIMINARY, COMPLETED or CANCELLED. From 7 g/dL down it is critical."""
        results = {"hemoglobin": hemoglobin} if status != "CANCELLED" else None
        form = {"lab_request_id": lab_request_id, "status": status, "results": results}
        return self.does(who, ReportLabTest.model_validate(form))

    def pay(self, amount: Decimal | str | None = None) -> Change:
        """Take so much in cash, or all that is owed."""
        paid = TakePayment.model_validate({"amount": amount or self.visit.balance, "payment_type": "CASH"})
        return self.does(Role.CASHIER, paid)


STRICT = HOUSE.policy[0].model_copy(update={"gates": dict.fromkeys(sorted(GATED), When.BEFORE)})
"""The house's policy, but every service is paid first."""


def registered(policy: Policy = HOUSE.policy[0], **changed: Any) -> Desk:
    desk = Desk(shelf=Shelf(policy=policy))
    desk.does(Role.RECEPTIONIST, registration(**changed))
    return desk


def triaged(**changed: Any) -> Desk:
    desk = registered(**changed)
    desk.does(NURSE, triage())
    return desk


def taken_in(**changed: Any) -> Desk:
    desk = triaged(**changed)
    desk.does(CLINICIAN, TakeIn())
    return desk


def seen(**changed: Any) -> Desk:
    """A visit whose consultation is written down, KES 300 on the bill."""
    desk = taken_in(**changed)
    desk.does(CLINICIAN, RecordEncounter(notes="n", findings="f"))
    return desk


def with_test(make: Callable[[], Desk] = seen) -> tuple[Desk, UUID]:
    """A visit with one open lab request, ordered by CLINICIAN."""
    desk = make()
    return desk, desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))


def with_prescription(quantity: int = 4) -> tuple[Desk, UUID]:
    """A visit that was seen, with one open prescription of so many pieces, KES 5.25 each."""
    desk = seen()
    return desk, desk.ordered(CLINICIAN, prescription(quantity))


def come_again(desk: Desk) -> OpenVisit:
    return OpenVisit(patient_id=desk.visit.patient_id, chief_complaint="Cough", payment_type=PaymentType.CASH)
