"""Everything that is written outside visits goes through here."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from activities import lists, recalls, staffing, stock
from activities.door import Door, Wish, writing
from activities.following import Rules
from activities.journal import Deed, Journal
from activities.passwords import Passwords
from integrations.database import Pool
from integrations.settings import Settings
from models.administration import Errand, NewStaff, PasswordChange, PatientCorrection, PriceForm, StaffChange
from models.catalogue import Resource
from models.command import keyed
from models.staff import Person
from models.stock import Adjustment, Count, Receipt
from models.tasks import TaskForm

FACILITY = "select id from facilities where code = %s"
FAIL = "insert into sign_in_failures (name_hash, address) values (%s, %s)"
FORGET = """
    delete from sign_in_failures where id in (
        select id from sign_in_failures where at < now() - make_interval(secs => %s) for update skip locked
    )
"""
DAY_SECONDS = 86400


class Administration:
    """The one write door for what belongs to no visit. Each method is one transaction with one audit entry."""

    def __init__(self, pool: Pool, settings: Settings, passwords: Passwords | None = None) -> None:
        self.settings = settings
        self.passwords = passwords or Passwords()
        self._secret = settings.command_secret.get_secret_value().encode()
        self._rules = Rules(self._secret, settings.policies)
        self._door = Door(pool, self._secret)

    async def create_staff(self, errand: Errand, form: NewStaff) -> dict[str, Any]:
        wish = Wish(errand, "staff_create", form)
        password_hash = await self.passwords.hash(form.password.get_secret_value())
        return await self._door.once(
            wish, partial(staffing.create, errand=errand, form=form, password_hash=password_hash)
        )

    async def change_staff(self, errand: Errand, user_id: UUID, form: StaffChange) -> dict[str, Any]:
        wish = Wish(errand, "staff_change", form, str(user_id))
        password_hash = await self.passwords.hash(form.password.get_secret_value()) if form.password else None
        work = partial(staffing.change, errand=errand, user_id=user_id, form=form, password_hash=password_hash)
        return await self._door.once(wish, work)

    async def password_change_answered(self, errand: Errand, form: PasswordChange) -> dict[str, Any] | None:
        """The answer given before to the same errand: then the current password is another one already."""
        return await self._door.answered(Wish(errand, "password_change", form))

    async def change_password(self, errand: Errand, form: PasswordChange) -> dict[str, Any]:
        """One's own; whoever calls has checked the current one."""
        wish = Wish(errand, "password_change", form)
        password_hash = await self.passwords.hash(form.new_password.get_secret_value())
        return await self._door.once(
            wish, partial(staffing.change_own_password, errand=errand, password_hash=password_hash)
        )

    async def set_price(self, errand: Errand, code: str, form: PriceForm) -> dict[str, Any]:
        wish = Wish(errand, "price_set", form, code)
        return await self._door.once(wish, partial(lists.set_price, errand=errand, code=code, form=form))

    async def correct_patient(self, errand: Errand, patient_id: UUID, form: PatientCorrection) -> dict[str, Any]:
        wish = Wish(errand, "patient_correct", form, str(patient_id))
        work = partial(lists.correct_patient, errand=errand, patient_id=patient_id, form=form, rules=self._rules)
        return await self._door.once(wish, work)

    async def receive_stock(self, errand: Errand, form: Receipt) -> dict[str, Any]:
        return await self._door.once(
            Wish(errand, "stock_receive", form), partial(stock.receive, errand=errand, form=form)
        )

    async def adjust_stock(self, errand: Errand, batch_id: UUID, form: Adjustment) -> dict[str, Any]:
        wish = Wish(errand, "stock_adjust", form, str(batch_id))
        return await self._door.once(wish, partial(stock.adjust, errand=errand, batch_id=batch_id, form=form))

    async def count_stock(self, errand: Errand, batch_id: UUID, form: Count) -> dict[str, Any]:
        wish = Wish(errand, "stock_count", form, str(batch_id))
        return await self._door.once(wish, partial(stock.count, errand=errand, batch_id=batch_id, form=form))

    async def act_on_task(self, errand: Errand, task_id: UUID, form: TaskForm) -> dict[str, Any]:
        wish = Wish(errand, f"task_{form.action.kind}", form, str(task_id))
        return await self._door.once(wish, partial(recalls.act, errand=errand, task_id=task_id, action=form.action))

    async def audited_decode(self, person: Person, address: str | None, count: int, namespace: str) -> None:
        """A supervisor read what workflows carry."""
        deed = Deed("CREATE", Resource.DECODE, None, {"count": count, "namespace": namespace})
        await self._door.note(person.facility_id, deed, person.id, address or None)

    async def audited_hindsight(self, person: Person, address: str | None, visit_id: UUID, at: datetime) -> None:
        """Somebody looked at a visit as it was known."""
        deed = Deed("CREATE", Resource.HINDSIGHT, visit_id, {"at": at})
        await self._door.note(person.facility_id, deed, person.id, address or None)

    async def sign_in_failed(
        self, name_hash: str, address: str, user_id: UUID | None, facility_id: UUID | None
    ) -> None:
        """Kept to slow down guessing. Where nobody has that name, the facility of the settings takes note."""
        deed = Deed("CREATE", Resource.SIGN_IN, user_id, {"failed": True})
        async with writing(self._door.pool) as db:
            if facility_id is None:
                row = await (await db.execute(FACILITY, (self.settings.facility_code,))).fetchone()
                facility_id = row["id"] if row else None
            if facility_id is not None:
                journal = await Journal.open(db, facility_id)
                await journal.append(deed, user_id, address or None)
            await db.execute(FAIL, (name_hash, address))
            await db.execute(FORGET, (max(DAY_SECONDS, self.settings.sign_in_window_seconds),))

    def hash_of_name(self, user_name: str) -> str:
        """How a failed sign-in remembers the name: a mistyped one may be a password."""
        return keyed(self._secret, "user_name", user_name)
