"""A visit in plain words, for supervisors. Roles, stations and times; never a name, a complaint or a finding."""

from datetime import datetime
from zoneinfo import ZoneInfo

from models.departures import CALLS_BACK
from models.endings import Departure
from models.gates import due_now
from models.staff import SERVES, Role, Station
from models.status import Status
from models.visit import Visit, Wait, may_discharge

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
        ended = called_back(visit) or "Nothing: the visit has ended."
        return f"{ended}{owed if visit.balance > 0 else ''}"
    steps = [f"{step(visit, station)}." for station in visit.waiting_at]
    if visit.status is Status.IN_CONSULTATION:
        steps.insert(
            0, f"{someone(Role.CLINICAL_OFFICER)} has the patient in and writes the encounter down.".capitalize()
        )
    if visit.comes_back_unseen:
        steps.insert(0, f"{someone(Role.TRIAGE_NURSE)} looks again at the patient, who has come back.".capitalize())
    if visit.status is Status.READY_FOR_DISCHARGE:
        later = f", not before {clock(visit.observe_until)}" if visit.observe_until else ""
        steps.append(f"Discharge, by {' or '.join(someone(role) for role in sorted(may_discharge(visit)))}{later}.")
    return " ".join(steps)


def called_back(visit: Visit) -> str:
    """The call that is owed to a patient who left; empty where none is."""
    call = visit.departure.call_back if visit.departure else None
    if call is None or not call.is_open:
        return ""
    tried = f" ({len(call.attempts)} of {call.wanted} attempts made)" if call.attempts else ""
    return f"The patient left: {someone(CALLS_BACK)} calls them back by {clock(call.due_at)}{tried}."


def left(departure: Departure) -> str:
    """How the patient went, for whoever looks at the visit."""
    seen = "before the end" if departure.was_seen else "without being seen"
    waited = f"after {departure.waited_minutes} minutes in the clinic, {departure.step_minutes} of them at this step"
    return f"The patient **left {seen}** at {clock(departure.left_at)} ({spoken(departure.stage)}), {waited}."


def why_open(visit: Visit) -> str:
    """Why an open visit has not ended: where it stands, and what is still to be done or paid."""
    since = f"It is {spoken(visit.status)} since {clock(visit.stage_since)}"
    waits = [f"waits at {spoken(wait.station)} since {clock(wait.since)}" for wait in visit.waiting]
    owed = [f"KES {visit.balance} are owed"] if visit.balance > 0 else []
    unread = ["results lie unread"] if visit.has_unread_results else []
    return f"{'; '.join([since, *waits, *owed, *unread])}."


def someone(role: Role) -> str:
    """A role with its article, as in "an immunization nurse"."""
    return f"{'an' if role[0] in 'AEIOU' else 'a'} {spoken(role)}"


def step(visit: Visit, station: Station) -> str:
    who = someone(SERVES[station])
    if station is Station.CASHIER and visit.is_gated:
        return f"Payment of KES {due_now(visit)} first, taken by {who}"
    if station is Station.CASHIER:
        return f"Payment of KES {visit.balance}, taken by {who}"
    orders = [spoken(o.kind) for o in visit.open_orders if o.station is station]
    return f"{', '.join(orders) or spoken(station)} at {spoken(station)}, by {who}".capitalize()


def called(visit: Visit, wait: Wait) -> str:
    """Where the patient was called to, or is."""
    call = visit.call_at(wait.station)
    if call is None:
        return ""
    room = f" in {call.room}" if call.room else ""
    if call.taken_at:
        return f"; taken{room} at {clock(call.taken_at)}"
    missed = f", {call.missed} unanswered" if call.missed else ""
    return f"; called {call.times} times{missed}" if call.times else ""


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
    if visit.departure:
        lines.append(left(visit.departure))
    if visit.look_again_since and visit.comes_back_unseen:
        lines.append(f"**Came back** at {clock(visit.look_again_since)}: a nurse looks again at once.")
    if visit.handover:
        whose = spoken(visit.handover.owner_role)
        lines.append(f"Handed over for the night ({whose}); to be gone on with by {clock(visit.handover.due_at)}.")
    if visit.undone_ends:
        former = visit.undone_ends[-1]
        lines.append(f"It had ended as {spoken(former.end)}; that was undone at {clock(former.at)}.")
    if visit.observe_until and not visit.end:
        lines.append(f"Under observation after a vaccine until **{clock(visit.observe_until)}**.")
    lines += [f"- Waits at **{spoken(w.station)}** since {clock(w.since)}{called(visit, w)}" for w in visit.waiting]
    if visit.owed_drugs:
        lines.append(f"The pharmacy owes the patient **{len(visit.owed_drugs)}** medicines.")
    lines.append(f"Next: {next_step(visit)}")
    lines.append(f"Bill: KES {visit.total_amount}, still open KES {visit.balance} ({spoken(visit.payment_status)}).")
    return "\n\n".join(lines)
