"""One plain function makes the route of a staff action from (method, path, action)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import select

from api.aliases import is_of
from api.clinic import Address, Clinic, Key, TheClinic
from api.dispatch import Accepted, Done, send, visit_desk
from api.problems import ProblemDetails
from api.security import Signed
from api.shapes import VisitSummary, record_shape, with_visit
from models.actions import Action
from models.actions.base import require_role
from models.command import Command
from models.problems import Conflict, NotFound, invalid
from models.staff import Person
from models.tables import TABLE_OF, Base, VisitRow

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails, "content": {"application/problem+json": {}}}
    for status in (401, 403, 404, 409, 422, 429, 503)
}


class Accepting(BaseModel):
    """Stored durably, not yet done; `Location` says where to look."""

    id: UUID
    status: str


class Sender:
    """Who sends, with which key, from where: what every command is stamped with."""

    def __init__(self, clinic: Clinic, actor: Person, key: UUID, address: str | None) -> None:
        self.clinic = clinic
        self.actor = actor
        self.key = key
        self.address = address

    def command(self, visit_id: UUID, action: Action, patient_id: UUID | None = None) -> Command:
        bare = Command(
            id=self.key,
            visit_id=visit_id,
            patient_id=patient_id,
            actor=self.actor,
            address=self.address,
            at=datetime.now(UTC),
            action=action,  # type: ignore[arg-type]
        )
        return bare.signed(self.secret)

    @property
    def secret(self) -> bytes:
        return self.clinic.settings.command_secret.get_secret_value().encode()

    async def send(self, command: Command, done_status: int) -> Response:
        return answered(await send(self.clinic, visit_desk(self.clinic, command), command), done_status)


async def sender_of(clinic: TheClinic, actor: Signed, key: Key, address: Address) -> Sender:
    return Sender(clinic, actor, key, address)


TheSender = Annotated[Sender, Depends(sender_of)]


def answered(outcome: Done | Accepted, done_status: int) -> Response:
    if isinstance(outcome, Done):
        return JSONResponse(outcome.answer, done_status)
    return JSONResponse({"id": str(outcome.command_id), "status": "PENDING"}, 202, {"Location": outcome.location})


class Target(BaseModel):
    """Which visit an action is about, and the patient where one was named."""

    visit_id: UUID
    patient_id: UUID | None = None


Find = Callable[[Clinic, Person, UUID | None, dict[str, Any]], Awaitable[Target]]


async def named_visit(clinic: Clinic, actor: Person, path_id: UUID | None, body: dict[str, Any]) -> Target:
    """The visit of the body; where there is none, the open visit of the patient in path or body."""
    patient_id = path_id or body.get("patient_id")
    if visit_id := body.get("visit_id"):
        return Target(visit_id=visit_id, patient_id=patient_id)
    if patient_id is None:
        raise invalid("visit_id", "is missing; name the visit, or the patient whose open visit is meant")
    return Target(visit_id=await open_visit_of(clinic, actor, patient_id), patient_id=patient_id)


async def path_visit(clinic: Clinic, actor: Person, path_id: UUID | None, body: dict[str, Any]) -> Target:
    assert path_id is not None
    return Target(visit_id=path_id)


async def open_visit_of(clinic: Clinic, actor: Person, patient_id: UUID) -> UUID:
    async with clinic.reading.connect() as db:
        wanted = select(VisitRow.id).where(
            is_of(VisitRow.patient_id, patient_id),
            VisitRow.facility_id == actor.facility_id,
            VisitRow.completed_at.is_(None),
        )
        found = (await db.execute(wanted)).scalars().all()
    if not found:
        raise NotFound("The patient has no open visit here. Open one at reception.")
    if len(found) > 1:
        raise Conflict("The patient has two open visits, for two registrations were merged. Name the visit_id.")
    return found[0]


def visit_of_record(action: type[Action]) -> Find:
    """The visit that the record in the path belongs to: the one key read on the way."""
    table: Any = TABLE_OF[action.resource]

    async def find(clinic: Clinic, actor: Person, path_id: UUID | None, body: dict[str, Any]) -> Target:
        async with clinic.reading.connect() as db:
            wanted = select(table.visit_id).where(table.id == path_id, table.facility_id == actor.facility_id)
            found = (await db.execute(wanted)).scalar()
        if found is None:
            raise NotFound(f"There is no such {action.resource.lower().replace('_', ' ')}.")
        return Target(visit_id=found)

    return find


def body_of(action: type[Action], *left_out: str, names_visit: bool) -> type[BaseModel]:
    """The form's fields as a request carries them, with the visit or patient beside them where the path has none."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in action.model_fields.items()
        if name not in ("kind", *left_out)
    }
    beside: dict[str, Any] = {"visit_id": (UUID | None, None), "patient_id": (UUID | None, None)}
    return create_model(
        f"{action.__name__}Body",
        __config__=ConfigDict(extra="forbid"),
        __doc__=action.__doc__,
        **fields,
        **(beside if names_visit else {}),
    )


def action_route(
    routes: APIRouter,
    method: str,
    path: str,
    action: type[Action],
    *,
    find: Find = named_visit,
    path_field: str | None = None,
    beside: Mapping[str, type[Base]] | None = None,
) -> None:
    """Add the route of an action. `find` says which visit it is about; `path_field`: the field that the path gives;
    `beside`: further records in the answer, and their tables."""
    status = 201 if method == "POST" else 200
    left_out = (path_field,) if path_field else ()
    body_model = body_of(action, *left_out, names_visit=find is named_visit)

    async def perform(sender: Sender, path_id: UUID | None, body: BaseModel) -> Response:
        require_role(action.roles, sender.actor, action.said)
        given = body.model_dump(exclude_unset=True)
        target = await find(sender.clinic, sender.actor, path_id, given)
        form = {name: value for name, value in given.items() if name in action.model_fields}
        filled = action.model_validate({**form, **({path_field: path_id} if path_field else {})})
        return await sender.send(sender.command(target.visit_id, filled, target.patient_id), status)

    async def with_id(sender: TheSender, id: UUID, body: Any) -> Response:
        return await perform(sender, id, body)

    async def without_id(sender: TheSender, body: Any) -> Response:
        return await perform(sender, None, body)

    endpoint: Callable[..., Any] = with_id if "{id}" in path else without_id
    endpoint.__annotations__["body"] = Annotated[body_model, Body()]
    routes.add_api_route(
        path,
        endpoint,
        methods=[method],
        status_code=status,
        name=action.__name__,
        summary=f"{action.said} ({', '.join(sorted(action.roles))})",
        description=action.__doc__,
        responses={**REFUSALS, status: {"model": shape_of(action, beside or {})}, 202: {"model": Accepting}},
        tags=[action.resource.lower()],
    )


def shape_of(action: type[Action], beside: Mapping[str, type[Base]]) -> type[BaseModel]:
    table = TABLE_OF[action.resource]
    if table is VisitRow:
        return VisitSummary
    shape = with_visit(record_shape(table))
    more: dict[str, Any] = {name: (record_shape(other), ...) for name, other in beside.items()}
    return create_model(f"{action.__name__}Answer", __base__=shape, **more) if more else shape
