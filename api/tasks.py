"""Tasks: what waits for a person though no patient stands at the desk."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.errands import Answer, TheErrand
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import list_of, record_shape
from models.problems import NotFound
from models.staff import SUPERVISING, Role
from models.tables import TaskRow
from models.tasks import TaskAction, TaskForm

routes = APIRouter(prefix="/api/tasks", tags=["task"], responses=REFUSALS)
SHAPE = record_shape(TaskRow)
TABLE: Any = TaskRow.__table__


@routes.get("", response_model=list_of(SHAPE))
async def tasks(
    actor: Signed,
    db: Reading,
    status: Literal["OPEN", "DONE", "CANCELLED"] | None = "OPEN",
    role: Role | None = None,
    mine: bool = False,
    visit_id: UUID | None = None,
    claim_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Tasks of your roles, newest first; supervisors see all. `mine`: those that you have taken."""
    wanted = select(TABLE).where(TABLE.c.facility_id == actor.facility_id)
    if not actor.is_any_of(SUPERVISING):
        wanted = wanted.where(TABLE.c.role.in_([str(one) for one in actor.roles]))
    asked = {"status": status, "role": role, "visit_id": visit_id, "claim_id": claim_id}
    for name, value in asked.items():
        if value is not None:
            wanted = wanted.where(TABLE.c[name] == value)
    if mine:
        wanted = wanted.where(TABLE.c.owner_id == actor.id)
    return await page(db, wanted, TABLE.c.opened_at, TABLE.c.id, limit, cursor)


@routes.get("/{id}", response_model=SHAPE)
async def task(id: UUID, actor: Signed, db: Reading) -> Any:
    """One task."""
    wanted = select(TABLE).where(TABLE.c.id == id, TABLE.c.facility_id == actor.facility_id)
    found = (await db.execute(wanted)).mappings().first()
    if found is None or not actor.is_any_of(frozenset({Role(found["role"])}) | SUPERVISING):
        raise NotFound("There is no such task for you.")
    return dict(found)


@routes.post("/{id}/actions", response_model=SHAPE, status_code=201)
async def act(id: UUID, errand: TheErrand, clinic: TheClinic, action: Annotated[TaskAction, Body()]) -> Answer:
    """Take a task, give it back, or say what came of it (its role, or a supervisor)."""
    return await clinic.administration.act_on_task(errand, id, TaskForm(action=action))
