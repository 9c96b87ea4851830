"""When a day has ended, and whose an open visit is over night: a person wherever there is one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from models.base import Value
from models.next_steps import next_steps
from models.opening_hours import NAIROBI, day_of
from models.policy import Policies
from models.staff import Person, Role
from models.visit import Visit


class Owner(Value):
    """`id`: None where nobody of that role is on the staff by name."""

    id: UUID | None
    role: Role


def owner_of(visit: Visit, staff: Sequence[Person], day: date) -> Owner:
    """Whose next step it is by name, the clinician who has the patient, else the supervisor of that night.

    `staff`: who is active in the facility. Supervisors take turns, night by night.
    """
    active = {person.id: person for person in staff}
    steps = next_steps(visit)
    for owner_id in (*(step.owner_id for step in steps), visit.provider_id):
        if owner_id in active:
            named = [role for step in steps for role in step.roles if role in active[owner_id].roles]
            return Owner(id=owner_id, role=[*named, *active[owner_id].roles][0])
    supervisors = sorted(person.id for person in staff if Role.SUPERVISOR in person.roles)
    if supervisors:
        return Owner(id=supervisors[day.toordinal() % len(supervisors)], role=Role.SUPERVISOR)
    return Owner(id=None, role=steps[0].roles[0])


def last_ended(policies: Policies, moment: datetime) -> date:
    """The last facility day that is over by its own policy."""
    today = day_of(moment)
    is_over = moment.astimezone(NAIROBI).time() >= policies.on(today).day_ends
    return today if is_over else today - timedelta(days=1)
