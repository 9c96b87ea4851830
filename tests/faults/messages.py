"""Commands as the API signs them, for tests that hand them over by other ways than the API."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowHandle

from models.actions import Action
from models.command import Command
from models.staff import Person, Role
from tests.clinic import WholeClinic
from workflows.visit import SUBMIT, workflow_id


async def person(clinic: WholeClinic, role: Role) -> Person:
    """A demo person of that role."""
    [row] = await clinic.rows("select id, facility_id from users where user_name = %s", role.lower())
    return Person(id=row["id"], facility_id=row["facility_id"], roles=(role,))


async def signed(clinic: WholeClinic, role: Role, visit_id: str, action: Action, key: UUID | None = None) -> Command:
    bare = Command.model_validate(
        {
            "id": key or uuid4(),
            "visit_id": visit_id,
            "actor": await person(clinic, role),
            "at": datetime.now(UTC),
            "action": action,
        }
    )
    return bare.signed(secret(clinic))


def secret(clinic: WholeClinic) -> bytes:
    return clinic.settings.command_secret.get_secret_value().encode()


async def left(clinic: WholeClinic, command: Command) -> None:
    """Leave it with the Temporal server, as the API does when nobody answers."""
    await run_of(clinic, str(command.visit_id)).signal(SUBMIT, command)


def run_of(clinic: WholeClinic, visit_id: str) -> WorkflowHandle[Any, Any]:
    return clinic.clinic.temporal.get_workflow_handle(workflow_id(UUID(visit_id)))


async def status_of(clinic: WholeClinic, command: Command) -> str | None:
    rows = await clinic.rows("select status from commands where id = %s", command.id)
    return str(rows[0]["status"]) if rows else None
