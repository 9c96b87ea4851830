"""Looks up what an action wants to know before it is decided, inside the transaction that will write it."""

import difflib
from datetime import timedelta
from typing import Any

from activities.affairs import affairs_of, debts_of
from activities.visit_records import records_of
from integrations.database import Connection, as_json
from models.appointment_day import REMEMBERED
from models.catalogue import (
    AffairsOfVisit,
    CoverOfVisit,
    DebtsOfVisit,
    DosesGiven,
    HistoryOf,
    Item,
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
    Want,
)
from models.command import Command
from models.doses import Given
from models.medicine_checks import History
from models.policy import Policy
from models.queueing import AN_URGENT_ORDER, BY_URGENCY
from models.staff import Person
from models.stock import Batch, Stock
from models.tables import LIST_OF, TABLE_OF, VaccineRow
from models.tables.visits import CALL_IS_OPEN

PATIENT_OF_VISIT = """
    select p.* from patients p join visits v on v.patient_id = p.id where v.id = %s and v.facility_id = %s
"""
DOSES = """
    select v.code, i.immunization_date as on, i.conditions,
        exists (select 1 from vaccine_reactions r where r.immunization_id = i.id and r.anaphylaxis
            and r.entered_in_error_at is null) as anaphylaxis
    from patient_immunizations i join vaccines v on v.id = i.vaccine_id
    where i.patient_id = (select patient_id from visits where id = %s) and i.facility_id = %s
        and i.status = 'COMPLETED' and i.entered_in_error_at is null
    order by i.immunization_date, i.recorded_at
"""
PATIENT = "select * from patients where {} = %s and facility_id = %s for share"
OPEN_VISITS = "select id from visits where patient_id = %s and completed_at is null order by arrived_at"
EXPECTED = """
    select 1 from appointments where patient_id = %s and status in ('SCHEDULED', 'MISSED')
        and appointment_date between %s and %s limit 1
"""
CALLS = f"select departure->'call_back'->>'id' as id from visits where patient_id = %s and {CALL_IS_OPEN}"
INVOICES = """
    select id, amount_charged, status from {} where visit_id = %s and facility_id = %s and status <> 'CANCELLED'
"""
CLAIMS = """
    select id, payer, number, status, handed_in, submitted_at, session is not null as is_open_there
    from claims where visit_id = %s and facility_id = %s
"""
NEXT_NUMBER = """
    insert into numbers (facility_id, series, last) values (%s, %s, 1)
    on conflict (facility_id, series) do update set last = numbers.last + 1 returning last
"""

HISTORY = """
    select p.date_of_birth, p.gender,
        (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'code', a.code, 'substance', a.substance)
                order by a.recorded_at, a.id), '[]')
            from allergies a
            where a.patient_id = p.id and a.clinical_status = 'active'
                and a.verification_status in ('unconfirmed', 'confirmed')) as allergies,
        (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'visit_id', r.visit_id,
                'medication_name', r.medication_name, 'substituted_by', r.substituted_by,
                'status', r.status, 'duration', r.duration, 'recorded_at', r.recorded_at,
                'quantity_dispensed', r.quantity_dispensed, 'dispensed_at', r.dispensed_at)
                order by r.recorded_at, r.id), '[]')
            from prescriptions r
            where r.patient_id = p.id and (r.status <> 'CANCELLED' or r.quantity_dispensed > 0)
                and r.entered_in_error_at is null and r.id is distinct from %(prescription_id)s) as therapies,
        (select coalesce(jsonb_agg(jsonb_build_object('code', s.code, 'on', m.service_date)), '[]')
            from patient_mch_services m join mch_services s on s.id = m.service_id
            where m.patient_id = p.id and m.status = 'COMPLETED' and m.entered_in_error_at is null) as contacts,
        (select said.pregnant from patient_encounters e,
            lateral (select case when e.assessment @? '$.signs[*] ? (@ starts with "PREGNANCY")' then true
                else (e.vital_signs->>'pregnant')::boolean end as pregnant) said
            where e.visit_id = v.id and e.entered_in_error_at is null and said.pregnant is not null
            order by e.recorded_at desc limit 1) as pregnant
    from visits v join patients p on p.id = v.patient_id
    where v.id = %(visit_id)s and v.facility_id = %(facility_id)s
"""
STOCK = """
    select id, code, batch_number, expires_on, on_hand from stock_batches
    where facility_id = %(facility_id)s and on_hand > 0 and lower(code) = lower(coalesce(%(code)s::text,
        (select medication_name from prescriptions where id = %(prescription_id)s and facility_id = %(facility_id)s)))
    order by expires_on, batch_number, id for no key update
"""
KEPT = """
    select code from stock_batches where facility_id = %(facility_id)s and lower(code) = lower(coalesce(%(code)s::text,
        (select medication_name from prescriptions where id = %(prescription_id)s and facility_id = %(facility_id)s)))
    limit 1
"""

AHEAD = """
    select count(*) as ahead from visits other, visits own
    where own.id = %(visit_id)s and other.facility_id = own.facility_id and other.id <> own.id
        and other.waiting_at @> array[%(station)s]
        and not jsonb_path_exists(other.calls, '$[*] ? (@.station == $here && @.taken_by != null)', %(here)s)
        and ({other}, other.arrived_at, other.id) < ({own}, own.arrived_at, own.id)
"""
PLACE = """
    least(array_position(%(by_urgency)s::text[], {0}.triage_colour),
        case when {0}.open_orders @> %(urgent)s then %(urgent_place)s end)
"""


async def look_up(db: Connection, command: Command, policy: Policy) -> Known:
    facts: dict[str, Any] = {"policy": policy}
    for want in command.action.wants_under(policy):
        facts |= await answer_to(db, want, command)
    return Known.model_validate(facts)


async def answer_to(db: Connection, want: Want, command: Command) -> dict[str, Any]:
    actor = command.actor
    match want:
        case PriceOf():
            return await price(db, want, actor)
        case ItemOf():
            return {"item": await item(db, want, actor)}
        case RowOf():
            return {"row": await row(db, want, actor)}
        case PatientOf():
            return await patient(db, want, command)
        case CoverOfVisit():
            return await cover(db, command)
        case PatientOfVisit():
            visit_id = want.visit_id or command.visit_id
            return {"patient": await one(db, PATIENT_OF_VISIT, visit_id, actor.facility_id)}
        case RecordsOfVisit():
            return {"records": await records_of(db, command)}
        case DosesGiven():
            return {"doses": await doses_given(db, command)}
        case HistoryOf():
            return {"history": await history(db, want, command)}
        case StockOf():
            return {"stock": await stock(db, want, actor)}
        case AffairsOfVisit():
            return {"affairs": await affairs_of(db, command)}
        case DebtsOfVisit():
            return {"debts": await debts_of(db, command)}
        case PlaceInQueue():
            return await place_in_queue(db, want, command)
        case NextNumber():
            found = await one(db, NEXT_NUMBER, actor.facility_id, want.series)
            return {"number": found["last"] if found else 0}


async def doses_given(db: Connection, command: Command) -> tuple[Given, ...]:
    rows = await db.execute(DOSES, (command.visit_id, command.actor.facility_id))
    return tuple(Given.model_validate(row) for row in await rows.fetchall())


async def one(db: Connection, text: str, *values: Any) -> dict[str, Any] | None:
    return await (await db.execute(text, values)).fetchone()


async def price(db: Connection, want: PriceOf, actor: Person) -> dict[str, Any]:
    """The price, or the nearest codes where there is none of that name."""
    found = await one(
        db,
        "select code, name, amount from prices where facility_id = %s and lower(code) = lower(%s)",
        actor.facility_id,
        want.code,
    )
    if found:
        return {"price": Priced(**found)}
    rows = await db.execute("select code from prices where facility_id = %s", [actor.facility_id])
    codes = {row["code"].lower(): row["code"] for row in await rows.fetchall()}
    near = difflib.get_close_matches(want.code.lower(), codes, n=3, cutoff=0.4)
    return {"price": None, "nearest": tuple(codes[name] for name in near)}


async def item(db: Connection, want: ItemOf, actor: Person) -> Item | None:
    """The entry with its price; a KEPI vaccine has none."""
    table = LIST_OF[want.catalogue]
    free = "l.is_kepi" if table is VaccineRow else "false"
    found = await one(
        db,
        f"select l.id, l.code, l.name, case when {free} then null else p.amount end as price "
        f"from {table.__tablename__} l left join prices p "
        "on p.facility_id = l.facility_id and lower(p.code) = lower(l.code) "
        "where l.id = %s and l.facility_id = %s",
        want.id,
        actor.facility_id,
    )
    return Item(**found) if found else None


async def row(db: Connection, want: RowOf, actor: Person) -> dict[str, Any] | None:
    table = TABLE_OF[want.resource].__tablename__
    return await one(db, f"select * from {table} where id = %s and facility_id = %s", want.id, actor.facility_id)


async def patient(db: Connection, want: PatientOf, command: Command) -> dict[str, Any]:
    """By id where one is given, else by national id; a registration that was merged leads to the one that goes on.

    Held until the visit is written, so that no merge comes between.
    """
    column, value = ("id", want.id) if want.id else ("national_id", want.national_id)
    facility_id = command.actor.facility_id
    while (found := await one(db, PATIENT.format(column), value, facility_id)) and found["merged_into"]:
        column, value = "id", found["merged_into"]
    if found is None:
        return {"patient": None}
    visits = await (await db.execute(OPEN_VISITS, (found["id"],))).fetchall()
    expected = await one(db, EXPECTED, found["id"], command.at - REMEMBERED, command.at + timedelta(days=1))
    calls = await (await db.execute(CALLS, (found["id"],))).fetchall()
    return {
        "patient": found,
        "open_visits": tuple(visit["id"] for visit in visits),
        "is_expected": expected is not None,
        "call_backs": tuple(call["id"] for call in calls),
    }


async def cover(db: Connection, command: Command) -> dict[str, Any]:
    about = (command.visit_id, command.actor.facility_id)
    invoices: list[dict[str, Any]] = []
    for resource in (Resource.SHA_INVOICE, Resource.INSURER_INVOICE):
        rows = await db.execute(INVOICES.format(TABLE_OF[resource].__tablename__), about)
        invoices += [{**row, "resource": resource} for row in await rows.fetchall()]
    claims = await (await db.execute(CLAIMS, about)).fetchall()
    return {"invoices": tuple(invoices), "claims": tuple(claims)}


async def history(db: Connection, want: HistoryOf, command: Command) -> History | None:
    about = {"prescription_id": want.prescription_id, "visit_id": command.visit_id}
    found = await (await db.execute(HISTORY, {**about, "facility_id": command.actor.facility_id})).fetchone()
    return History.model_validate(found) if found else None


async def place_in_queue(db: Connection, want: PlaceInQueue, command: Command) -> dict[str, Any]:
    given = {
        "visit_id": command.visit_id,
        "station": str(want.station),
        "here": as_json({"here": want.station}),
        "by_urgency": [colour and str(colour) for colour in BY_URGENCY],
        "urgent": as_json([{"station": want.station, "urgent": True}]),
        "urgent_place": AN_URGENT_ORDER + 1,
    }
    text = AHEAD.format(other=PLACE.format("other"), own=PLACE.format("own"))
    found = await (await db.execute(text, given)).fetchone()
    return {"ahead": found["ahead"] if found else 0}


async def stock(db: Connection, want: StockOf, actor: Person) -> Stock | None:
    """Batches in the order in which they are taken: who wants the same drug at the same time waits here. None where
    the facility has never had a batch of it: then nobody counts."""
    about = {**want.model_dump(), "facility_id": actor.facility_id}
    rows = await (await db.execute(STOCK, about)).fetchall()
    if rows:
        batches = tuple(Batch.model_validate({k: v for k, v in row.items() if k != "code"}) for row in rows)
        return Stock(code=rows[0]["code"], batches=batches)
    kept = await (await db.execute(KEPT, about)).fetchone()
    return Stock(code=kept["code"]) if kept else None
