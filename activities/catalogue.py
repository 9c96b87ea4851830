"""Looks up what an action wants to know before it is decided, inside the transaction that will write it."""

import difflib
from typing import Any

from activities.affairs import affairs_of
from integrations.database import Connection
from models.catalogue import (
    AffairsOfVisit,
    DosesGiven,
    Item,
    ItemOf,
    Known,
    NextNumber,
    PatientOf,
    PatientOfVisit,
    Priced,
    PriceOf,
    RowOf,
    Want,
)
from models.command import Command
from models.doses import Given
from models.staff import Person
from models.tables import LIST_OF, TABLE_OF, VaccineRow

PATIENT_OF_VISIT = """
    select p.* from patients p join visits v on v.patient_id = p.id where v.id = %s and v.facility_id = %s
"""
DOSES = """
    select v.code, i.immunization_date as on, i.conditions,
        exists (select 1 from vaccine_reactions r where r.immunization_id = i.id and r.anaphylaxis) as anaphylaxis
    from patient_immunizations i join vaccines v on v.id = i.vaccine_id
    where i.patient_id = (select patient_id from visits where id = %s) and i.facility_id = %s
        and i.status = 'COMPLETED'
    order by i.immunization_date, i.recorded_at
"""
NEXT_NUMBER = """
    insert into numbers (facility_id, series, last) values (%s, %s, 1)
    on conflict (facility_id, series) do update set last = numbers.last + 1 returning last
"""


async def look_up(db: Connection, command: Command) -> Known:
    facts: dict[str, Any] = {}
    for want in command.action.wants():
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
            return {"patient": await patient(db, want, actor)}
        case PatientOfVisit():
            visit_id = want.visit_id or command.visit_id
            return {"patient": await one(db, PATIENT_OF_VISIT, visit_id, actor.facility_id)}
        case DosesGiven():
            return {"doses": await doses_given(db, command)}
        case AffairsOfVisit():
            return {"affairs": await affairs_of(db, command)}
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


async def patient(db: Connection, want: PatientOf, actor: Person) -> dict[str, Any] | None:
    """By id where one is given, else by national id."""
    column, value = ("id", want.id) if want.id else ("national_id", want.national_id)
    return await one(db, f"select * from patients where {column} = %s and facility_id = %s", value, actor.facility_id)
