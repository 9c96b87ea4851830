"""Visits that are still open when the day ends: whose each is over night."""

from datetime import date, datetime
from uuid import UUID

from models.base import Value
from models.staff import Role


class Handover(Value):
    """Until something happens on the visit. `due_at`: when its owner is reminded, as the doors open again."""

    id: UUID
    day: date
    task_id: UUID
    owner_id: UUID | None = None
    owner_role: Role
    due_at: datetime
