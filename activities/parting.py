"""Two registrations that were merged are parted again: each has its own back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python

from activities.door import Done
from activities.following import LOCKED, RESOLVED, Change, Rules, Step
from activities.journal import Deed
from activities.moving import brought_back
from integrations.database import Connection, updating
from models.catalogue import Resource
from models.identity import IdentityCommand, MoveKind, PartPatients, Patient, restored
from models.problems import Conflict, NotFound
from models.tables import PatientMergeRow

THESE = "select * from visits where id = any(%s) order by arrived_at, id for no key update"
ALIASES_BACK = "update patients set merged_into = %s where id = any(%s::uuid[]) and merged_into = %s"
DEATHS = """
    update patients p set deceased_at = (
        select max((v.death->>'time_of_death')::timestamptz) from visits v
        where v.patient_id = p.id and v.status = 'DECEASED'
    ) where id = any(%s)
"""
"""Who has died is whose visit ended with it, whenever that was recorded or taken back."""

STANDING = """
    select * from patient_merges where merged_id = %s and facility_id = %s and undone_at is null for update
"""


class Parting(Change):
    kind = MoveKind.PARTED

    def __init__(
        self, db: Connection, command: IdentityCommand, action: PartPatients, rules: Rules, now: datetime
    ) -> None:
        super().__init__(db, command, action.reason, rules, now)
        self.action = action

    async def done(self) -> Done:
        merge = await self.standing()
        survivor, merged = merge["survivor_id"], merge["merged_id"]
        patients = await (await self.db.execute(LOCKED, ([survivor, merged],))).fetchall()
        now = {row["id"]: row for row in patients}
        if now[survivor]["merged_into"]:
            raise Conflict(
                "The registration that it leads to was merged itself afterwards. Part those two first.",
                patient_id=now[survivor]["id"],
            )
        steps = [Step.model_validate(step) for step in merge["visits"]]
        coming = [row for row in await self.these(steps) if row["patient_id"] == survivor]
        back = await self.separate(merge, now[survivor])
        again = await self.follow(coming, {**now[merged], **back}, still_doubled(coming, steps))
        for text, values in brought_back(self.why, survivor, merged, merge["id"], [row["id"] for row in coming]):
            await self.db.execute(text, values)
        await self.db.execute(DEATHS, ([survivor, merged],))
        await self.close(merge["id"], again)
        await self.tell("patient:parted", survivor, merged, again)
        return self.told(survivor, {**now[merged], **back})

    async def standing(self) -> dict[str, Any]:
        about = (self.action.id, self.facility_id)
        if not await (await self.db.execute(RESOLVED, ([self.action.id], self.facility_id))).fetchone():
            raise NotFound("There is no such patient.")
        found = await self.db.execute(STANDING, about)
        if (merge := await found.fetchone()) is None:
            raise Conflict("No merge stands that ended this registration. Name the one that was merged, by its old id.")
        return merge

    async def these(self, steps: list[Step]) -> list[dict[str, Any]]:
        return await (await self.db.execute(THESE, ([step.visit_id for step in steps],))).fetchall()

    async def separate(self, merge: dict[str, Any], survivor: Patient) -> dict[str, Any]:
        """Give back what the survivor took over; the survivor first, for a national id stands once."""
        before, taken = merge["survivor_before"], merge["filled"]
        shown = {name: value for name, value in plain(survivor).items() if name in taken}
        given_back = restored(shown, before, taken)
        await self.update_patient(merge["survivor_id"], given_back)
        left = {"merged_into": None}
        if "national_id" in given_back:
            left["national_id"] = taken["national_id"]
        await self.update_patient(merge["merged_id"], left)
        await self.db.execute(ALIASES_BACK, (merge["merged_id"], merge["aliases"], merge["survivor_id"]))
        return left

    async def close(self, merge_id: UUID, steps: list[dict[str, Any]]) -> None:
        values = {
            "undone_at": self.now,
            "undone_by": self.command.actor.id,
            "undo_id": self.command.id,
            "undo_reason": self.action.reason,
            "undo_visits": steps,
        }
        text, given = updating(PatientMergeRow, values, "id = %(row_id)s")
        await self.db.execute(text, {**given, "row_id": merge_id})

    def told(self, survivor: UUID, patient: Patient) -> Done:
        said = {"reason": self.action.reason}
        return Done(
            Deed("UPDATE", Resource.PATIENT, patient["id"], {**said, "parted_from": survivor}),
            {"id": self.command.id, "patient": patient, "parted_from": survivor},
            also=(Deed("UPDATE", Resource.PATIENT, survivor, {**said, "parted": patient["id"]}),),
        )


def plain(row: Patient) -> dict[str, Any]:
    """As the merge kept it: in JSON."""
    kept: dict[str, Any] = to_jsonable_python(row)
    return kept


def still_doubled(rows: list[dict[str, Any]], steps: list[Step]) -> list[bool]:
    """As it was before the merge: a visit that had stood alone stands alone again."""
    before = {step.visit_id: step.was_doubled for step in steps}
    return [row["completed_at"] is None and before[row["id"]] for row in rows]
