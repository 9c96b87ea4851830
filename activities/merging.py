"""Two registrations become one: everything that stands under the younger stands under the older afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from activities.door import Done
from activities.following import LOCKED, RESOLVED, Change, Rules, right_age
from activities.journal import Deed
from activities.moving import everything
from activities.tasks import open_task
from integrations.database import Connection, inserting
from models.catalogue import Resource
from models.identity import (
    IdentityCommand,
    MergePatients,
    MoveKind,
    Pair,
    check_merge,
    choose_visit_task,
    filled,
    given_up,
    paired,
    require_alive,
    require_known,
)
from models.problems import NotFound
from models.tables import PatientMergeRow

VISITS = "select * from visits where patient_id = %s order by arrived_at, id for no key update"
OPEN = "select op_number, identity_pending from visits where patient_id = %s and completed_at is null"
ALIASES = "update patients set merged_into = %s where merged_into = %s returning id"


class Merging(Change):
    kind = MoveKind.MERGED

    def __init__(
        self, db: Connection, command: IdentityCommand, action: MergePatients, rules: Rules, now: datetime
    ) -> None:
        super().__init__(db, command, action.reason, rules, now)
        self.action = action

    async def done(self) -> Done:
        pair = await self.pair()
        check_merge(pair, self.action)
        survivor, merged = pair.survivor["id"], pair.merged["id"]
        staying = await (await self.db.execute(OPEN, (survivor,))).fetchall()
        coming = await (await self.db.execute(VISITS, (merged,))).fetchall()
        require_known([*staying, *coming])
        require_alive(pair, [row for row in (*staying, *coming) if row.get("completed_at") is None])
        given = await self.unite(pair)
        await right_age(self.db, self.command.id, {**pair.survivor, **given}, self.rules, self.now)
        aliases = await (await self.db.execute(ALIASES, (survivor, merged))).fetchall()
        doubled = [row["completed_at"] is None and (row["doubled"] or bool(staying)) for row in coming]
        steps = await self.follow(coming, {**pair.survivor, **given}, doubled)
        counts = await self.move_all(merged, survivor)
        await self.keep(pair, given, [str(row["id"]) for row in aliases], steps)
        await self.ask_which(staying, coming)
        await self.tell("patient:merged", survivor, merged, steps)
        return self.told(pair, given, counts | {"visits": len(coming)})

    async def pair(self) -> Pair:
        """Both registrations, locked, each as it goes on today."""
        wanted = [self.action.id, self.action.patient_id]
        while True:
            rows = await (await self.db.execute(RESOLVED, (wanted, self.facility_id))).fetchall()
            goes_on = {row["id"]: row["goes_on_as"] for row in rows}
            if not goes_on.keys() >= set(wanted):
                raise NotFound("There is no such patient. Both must be registered here.")
            wanted = [goes_on[id] for id in wanted]
            locked = await (await self.db.execute(LOCKED, (wanted,))).fetchall()
            if not any(row["merged_into"] for row in locked):
                by_id = {row["id"]: row for row in locked}
                return paired(by_id[wanted[0]], by_id[wanted[1]])

    async def unite(self, pair: Pair) -> dict[str, Any]:
        """The merged registration first: a national id stands once."""
        given = filled(pair)
        left = {**given_up(pair), "merged_into": pair.survivor["id"]}
        await self.update_patient(pair.merged["id"], left)
        await self.update_patient(pair.survivor["id"], given)
        return given

    async def move_all(self, merged: UUID, survivor: UUID) -> dict[str, int]:
        counts = {}
        for name, (text, values) in everything(self.why, merged, survivor):
            counts[name] = (await self.db.execute(text, values)).rowcount
        return {name: count for name, count in counts.items() if count}

    async def keep(self, pair: Pair, given: dict[str, Any], aliases: list[str], steps: list[dict[str, Any]]) -> None:
        row = {
            "id": self.command.id,
            "facility_id": self.facility_id,
            "survivor_id": pair.survivor["id"],
            "merged_id": pair.merged["id"],
            "reason": self.action.reason,
            "override_reason": self.action.override_reason,
            "survivor_before": pair.survivor,
            "merged_before": pair.merged,
            "filled": given,
            "aliases": aliases,
            "visits": steps,
            "merged_by": self.command.actor.id,
            "merged_at": self.now,
        }
        await self.db.execute(*inserting(PatientMergeRow, row))

    async def ask_which(self, staying: list[dict[str, Any]], coming: list[dict[str, Any]]) -> None:
        still = [row for row in coming if row["completed_at"] is None]
        if not staying or not still:
            return
        here, there = [row["op_number"] for row in staying], [row["op_number"] for row in still]
        task = choose_visit_task(self.command.id, self.facility_id, here, there, still[0]["id"])
        await open_task(self.db, task)

    def told(self, pair: Pair, given: dict[str, Any], counts: dict[str, int]) -> Done:
        """What was merged, for the sender and, about each of the two, for the audit."""
        survivor, merged = pair.survivor["id"], pair.merged["id"]
        said = {"reason": self.action.reason, "override_reason": self.action.override_reason, "moved": counts}
        after = {**pair.survivor, **given}
        left = {**pair.merged, **given_up(pair), "merged_into": survivor}
        answer = {"id": self.command.id, "patient": after, "merged": left, "moved": counts}
        taken = {name: [pair.survivor[name], value] for name, value in given.items()}
        return Done(
            Deed("UPDATE", Resource.PATIENT, survivor, {**said, "merged": merged, **taken}),
            answer,
            also=(Deed("UPDATE", Resource.PATIENT, merged, {**said, "merged_into": survivor}),),
        )
