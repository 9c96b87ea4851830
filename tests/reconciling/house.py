"""A clinic whose accounts are held against each other, and hands that disturb them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from activities.reconciliation import Compared, Reconciliations
from activities.records import Records, Turn
from integrations.database import Pool
from models.command import Command, Outcome
from models.reconciliation import Code, Finding, Scope
from models.staff import Role
from tests.claims.conftest import Counter
from tests.clinic import WholeClinic, eventually
from tests.laboratory.bench import Bench
from tests.money.purse import Purse
from tests.payments.conftest import Till
from tests.pharmacy.counter import Counter as Pharmacy
from tests.services.harness import Sandbox
from tests.walks import Walk
from workers.reconciling import Patience, TemporalRuns

QUICK = Patience(looks=6, pause=timedelta(seconds=0.5), telling=timedelta(seconds=5))
"""Long enough for a run that has just been told."""


@dataclass
class House:
    clinic: WholeClinic
    sandbox: Sandbox
    pool: Pool

    @property
    def walk(self) -> Walk:
        return Walk(self.clinic)

    @property
    def bench(self) -> Bench:
        return Bench(self.clinic, self.walk)

    @property
    def till(self) -> Till:
        return Till(self.clinic, self.sandbox, self.walk)

    @property
    def claims(self) -> Counter:
        return Counter(self.clinic, self.sandbox, self.walk)

    @property
    def pharmacy(self) -> Pharmacy:
        return Pharmacy(self.clinic, self.walk)

    @property
    def purse(self) -> Purse:
        return Purse(self.clinic, self.walk)

    @property
    def runs(self) -> TemporalRuns:
        return TemporalRuns(self.clinic.clinic.temporal, self.clinic.settings, QUICK)

    @property
    def accounts(self) -> Reconciliations:
        return Reconciliations(self.pool, self.runs, self.clinic.settings.policies)

    async def compared(self, *, everything: bool = True, repair: bool = True) -> Compared:
        scope = Scope(everything=everything, repair=repair)
        return await self.accounts.compared(scope)

    async def found(self, **scope: bool) -> list[Finding]:
        return (await self.compared(**scope)).findings

    async def loses(self, run: str) -> None:
        """The run is gone, and the server's lists know of it: they follow a moment later."""
        client = self.clinic.clinic.temporal
        await client.get_workflow_handle(run).terminate("lost")

        async def is_gone() -> bool:
            return not (await client.count_workflows(f"WorkflowId = '{run}' and ExecutionStatus = 'Running'")).count

        await eventually(is_gone)

    async def agrees(self) -> None:
        """Nothing differs, once what is under way has come to its end."""
        found: list[Any] = []

        async def does_agree() -> bool:
            found[:] = said(await self.found(repair=False))
            return not found

        with suppress(TimeoutError):
            await eventually(does_agree, 15)
        assert found == []

    async def book(self, code: Code, *, standing: bool = True) -> list[dict[str, Any]]:
        """The entries of that difference."""
        which = "gone_at is null" if standing else "true"
        text = f"select * from reconciliation_findings where code = %s and {which} order by first_seen"
        return await self.clinic.rows(text, str(code))

    async def audited(self, entry: UUID) -> list[dict[str, Any]]:
        text = "select * from audit_logs where resource = 'RECONCILIATION' and resource_id = %s order by seq"
        return await self.clinic.rows(text, entry)

    async def behind_the_back(self, command: Command) -> Outcome:
        """A command that is written as ever, and of which the visit's run hears nothing."""
        secret = self.clinic.settings.command_secret.get_secret_value().encode()
        records = Records(self.pool, secret)
        visit = (await records.load(command.visit_id)).visit
        outcome = await records.record(Turn(visit=visit, command=command.signed(secret)))
        assert outcome.problem is None, outcome.problem
        return outcome

    async def status_of(self, run: str) -> str:
        status = (await self.clinic.clinic.temporal.get_workflow_handle(run).describe()).status
        return status.name if status else ""

    async def person(self, role: Role) -> UUID:
        (row,) = await self.clinic.rows("select id from users where user_name = %s", role.lower())
        id: UUID = row["id"]
        return id


def said(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(one.code, one.words) for one in findings]
