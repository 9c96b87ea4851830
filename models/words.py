"""A visit in plain words, for supervisors. Roles, stations and times; never a name, a complaint or a finding."""

from datetime import datetime
from zoneinfo import ZoneInfo

from models.staff import SERVES, Role, Station
from models.visit import Status, Visit, may_discharge

NAIROBI = ZoneInfo("Africa/Nairobi")


def spoken(word: str) -> str:
    return word.lower().replace("_", " ")


def clock(moment: datetime) -> str:
    """The clinic's own time, as on the wall."""
    return f"{moment.astimezone(NAIROBI):%H:%M on %d %b}"


def next_step(visit: Visit) -> str:
    """What must happen next, and who does it."""
    if visit.end:
        owed = f" KES {visit.balance} are still owed; {someone(Role.CASHIER)} takes payments."
        return f"Nothing: the visit has ended.{owed if visit.balance > 0 else ''}"
    steps = [f"{step(visit, station)}." for station in visit.waiting_at]
    if visit.status is Status.IN_CONSULTATION:
        steps.insert(
            0, f"{someone(Role.CLINICAL_OFFICER)} has the patient in and writes the encounter down.".capitalize()
        )
    if visit.status is Status.READY_FOR_DISCHARGE:
        later = f", not before {clock(visit.observe_until)}" if visit.observe_until else ""
        steps.append(f"Discharge, by {' or '.join(someone(role) for role in sorted(may_discharge(visit)))}{later}.")
    return " ".join(steps)


def someone(role: Role) -> str:
    """A role with its article, as in "an immunization nurse"."""
    return f"{'an' if role[0] in 'AEIOU' else 'a'} {spoken(role)}"


def step(visit: Visit, station: Station) -> str:
    who = someone(SERVES[station])
    if station is Station.CASHIER:
        return f"Payment of KES {visit.balance}, taken by {who}"
    orders = [spoken(o.kind) for o in visit.open_orders if o.station is station]
    return f"{', '.join(orders) or spoken(station)} at {spoken(station)}, by {who}".capitalize()


def details(visit: Visit) -> str:
    """Markdown for the Temporal UI: where the visit is, since when, what it waits for."""
    lines = [f"**{visit.op_number}** is **{spoken(visit.status)}** since {clock(visit.stage_since)}."]
    if visit.triage_category:
        colour = f" ({spoken(visit.triage_colour)})" if visit.triage_colour else ""
        lines.append(f"Triage category: {spoken(visit.triage_category)}{colour}.")
    if visit.triage_incomplete:
        lines.append("**Triage is incomplete**: vital signs are missing.")
    if visit.pending_retriage:
        lines.append(f"Waits for a second person to confirm {spoken(visit.pending_retriage.colour)}.")
    if visit.identity_pending:
        lines.append("Taken in as an emergency; reception finds out who it is.")
    if visit.undone_ends:
        former = visit.undone_ends[-1]
        lines.append(f"It had ended as {spoken(former.end)}; that was undone at {clock(former.at)}.")
    if visit.observe_until and not visit.end:
        lines.append(f"Under observation after a vaccine until **{clock(visit.observe_until)}**.")
    lines += [f"- Waits at **{spoken(w.station)}** since {clock(w.since)}" for w in visit.waiting]
    if visit.owed_drugs:
        lines.append(f"The pharmacy owes the patient **{len(visit.owed_drugs)}** medicines.")
    lines.append(f"Next: {next_step(visit)}")
    lines.append(f"Bill: KES {visit.total_amount}, still open KES {visit.balance} ({spoken(visit.payment_status)}).")
    return "\n\n".join(lines)
