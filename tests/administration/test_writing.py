"""The write door: one transaction, one entry, once."""

import asyncio
import json
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr, ValidationError

from activities.audit import verify
from activities.door import Wish
from models.administration import Errand, NewStaff, PasswordChange, PatientCorrection, PriceForm, StaffChange
from models.command import NAIROBI
from models.problems import Conflict, DuplicatePatient, Invalid, KeyReused, NotFound, Unavailable
from models.staff import Role
from tests.administration.office import Office


def newcomer(user_name: str = "achieng", password: str = "nyota-njema") -> NewStaff:
    roles = (Role.CASHIER, Role.RECEPTIONIST, Role.CASHIER)
    return NewStaff(user_name=user_name, full_name="Achieng Odhiambo", roles=roles, password=SecretStr(password))


async def test_the_chain_holds_under_twenty_writers_at_once(office: Office) -> None:
    before = len(await office.entries())
    errands = [await office.errand() for _ in range(20)]
    form = PriceForm(name="Bandage", amount=Decimal(20))
    await asyncio.gather(
        *(office.administration.set_price(errand, f"BANDAGE_{n % 7}", form) for n, errand in enumerate(errands))
    )
    entries = await office.entries()
    assert [entry["seq"] for entry in entries] == list(range(1, before + 21))
    assert all(old["hash"] == new["previous_hash"] for old, new in pairwise(entries))
    assert await verify(office.pool) is None


async def test_the_first_writers_of_a_facility_make_one_chain(office: Office) -> None:
    actor = (await office.person("admin")).model_copy(update={"facility_id": await office.other_facility()})
    form = PriceForm(name="Bandage", amount=Decimal(20))
    errands = [Errand(id=uuid4(), actor=actor) for _ in range(20)]
    await asyncio.gather(*(office.administration.set_price(errand, "BANDAGE", form) for errand in errands))
    (chain,) = await office.rows("select length from audit_chains where facility_id = %s", actor.facility_id)
    assert chain["length"] == 20
    assert await verify(office.pool) is None


@pytest.mark.parametrize("table", ["audit_logs", "audit_seals"])
@pytest.mark.parametrize("change", ["update {} set at = now()", "delete from {}", "truncate {}"])
async def test_the_audit_is_append_only(office: Office, table: str, change: str) -> None:
    await office.rows("insert into audit_seals values (1, now(), '{}', '', '')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        await office.rows(change.format(table))


async def test_the_same_key_is_answered_as_the_first_time(office: Office) -> None:
    errand = await office.errand()
    first = await office.administration.create_staff(errand, newcomer())
    length = len(await office.entries())
    assert await office.administration.create_staff(errand, newcomer()) == first
    assert first["id"] == str(errand.id)
    assert first["roles"] == ["RECEPTIONIST", "CASHIER"]
    assert len(await office.entries()) == length


async def test_twice_the_same_key_at_once_is_done_once(office: Office) -> None:
    errand = await office.errand()
    answers = await asyncio.gather(*(office.administration.create_staff(errand, newcomer()) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(await office.rows("select * from users where user_name = 'achieng'")) == 1


async def test_the_same_key_for_something_else_is_refused(office: Office) -> None:
    errand = await office.errand()
    await office.administration.create_staff(errand, newcomer())
    with pytest.raises(KeyReused):
        await office.administration.create_staff(errand, newcomer(password="another-password"))
    with pytest.raises(KeyReused):
        await office.administration.set_price(errand, "BANDAGE", PriceForm(name="Bandage", amount=Decimal(1)))
    other = errand.model_copy(update={"actor": await office.person("supervisor")})
    with pytest.raises(KeyReused):
        await office.administration.create_staff(other, newcomer())


async def test_the_key_of_a_visit_is_not_ours(office: Office) -> None:
    errand, form = await office.errand(), PriceForm(name="Bandage", amount=Decimal(1))
    digest = Wish(errand, "price_set", form, "BANDAGE").digest(b"whatever")
    await office.rows(
        "insert into commands (id, facility_id, visit_id, actor_id, kind, digest, status, at) "
        "values (%s, %s, %s, %s, 'price_set', %s, 'DONE', now())",
        *(errand.id, office.facility_id, uuid4(), errand.actor.id, digest),
    )
    with pytest.raises(KeyReused):
        await office.administration.set_price(errand, "BANDAGE", form)


async def test_a_refusal_leaves_nothing_and_frees_the_key(office: Office) -> None:
    errand, length = await office.errand(), len(await office.entries())
    with pytest.raises(Conflict, match="taken"):
        await office.administration.create_staff(errand, newcomer("cashier"))
    assert len(await office.entries()) == length
    assert await office.rows("select * from commands") == []
    await office.administration.create_staff(errand, newcomer())


async def test_no_secret_is_in_commands_or_audit(office: Office) -> None:
    words = ["nyota-njema", "nyota-nzuri", "nyota-kubwa"]
    errand = await office.errand()
    await office.administration.create_staff(errand, newcomer(password=words[0]))
    change = StaffChange(password=SecretStr(words[1]))
    await office.administration.change_staff(await office.errand(), errand.id, change)
    own = PasswordChange(current_password=SecretStr(words[1]), new_password=SecretStr(words[2]))
    await office.administration.change_password(await office.errand("cashier"), own)
    kept = str(await office.rows("select * from commands")) + str(await office.entries())
    hashes = [row["password_hash"] for row in await office.rows("select password_hash from users")]
    assert not [secret for secret in (*words, *hashes, "$argon2") if secret in kept]


async def test_the_last_active_admin_stays(office: Office) -> None:
    admin = await office.person("admin")
    for change in (StaffChange(is_active=False), StaffChange(roles=(Role.CASHIER,))):
        with pytest.raises(Conflict, match="last active ADMIN"):
            await office.administration.change_staff(await office.errand(), admin.id, change)
    cashier = await office.person("cashier")
    await office.administration.change_staff(await office.errand(), cashier.id, StaffChange(roles=(Role.ADMIN,)))
    await office.administration.change_staff(await office.errand(), admin.id, StaffChange(is_active=False))


async def test_two_admins_cannot_both_leave_at_once(office: Office) -> None:
    admin, cashier = await office.person("admin"), await office.person("cashier")
    await office.administration.change_staff(await office.errand(), cashier.id, StaffChange(roles=(Role.ADMIN,)))
    errands = [await office.errand(), await office.errand()]
    left = await asyncio.gather(
        office.administration.change_staff(errands[0], admin.id, StaffChange(is_active=False)),
        office.administration.change_staff(errands[1], cashier.id, StaffChange(is_active=False)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in left) == ["Conflict", "dict"]


async def test_staff_changes_are_told_with_what_was_before(office: Office) -> None:
    cashier = await office.person("cashier")
    change = StaffChange(full_name="Njeri Kamau", password=SecretStr("nyota-njema"))
    await office.administration.change_staff(await office.errand(), cashier.id, change)
    entry = (await office.entries())[-1]
    assert json.loads(entry["details"]) == {"full_name": ["Demo Cashier", "Njeri Kamau"], "password": "changed"}
    assert (entry["action"], entry["resource"], entry["resource_id"]) == ("UPDATE", "STAFF", cashier.id)
    assert (entry["user_id"], entry["ip_address"]) == ((await office.person("admin")).id, "10.0.0.7")


async def test_only_what_opens_doors_ends_older_tokens(office: Office) -> None:
    cashier = await office.person("cashier")
    for change, version in [
        (StaffChange(full_name="Njeri Kamau"), 1),
        (StaffChange(roles=(Role.CASHIER,)), 1),
        (StaffChange(roles=(Role.CASHIER, Role.SUPERVISOR)), 2),
        (StaffChange(password=SecretStr("nyota-njema")), 3),
        (StaffChange(is_active=False), 4),
    ]:
        await office.administration.change_staff(await office.errand(), cashier.id, change)
        (row,) = await office.rows("select credentials from users where id = %s", cashier.id)
        assert row["credentials"] == version


async def test_a_price_keeps_its_code_in_whatever_case_it_is_named(office: Office) -> None:
    form = PriceForm(name="Paracetamol", amount=Decimal("7.5"))
    answer = await office.administration.set_price(await office.errand(), "PARACETAMOL", form)
    assert answer == {"code": "Paracetamol", "name": "Paracetamol", "amount": "7.50"}
    told = json.loads((await office.entries())[-1]["details"])
    assert told["amount"] == ["5.00", "7.50"]
    assert len(await office.rows("select * from prices where lower(code) = 'paracetamol'")) == 1


async def test_a_corrected_patient_leaves_the_former_values_in_the_audit(office: Office) -> None:
    patient = await office.patient(national_id="12345678")
    form = PatientCorrection(last_name="Otieno-Kamau", national_id=None, age=36)
    answer = await office.administration.correct_patient(await office.errand("receptionist"), patient, form)
    assert (answer["last_name"], answer["age"], answer["date_of_birth"]) == ("Otieno-Kamau", 36, None)
    entry = (await office.entries())[-1]
    assert json.loads(entry["details"]) == {
        "last_name": ["Otieno", "Otieno-Kamau"],
        "national_id": ["12345678", None],
        "age": [None, 36],
        "age_stated_on": [None, datetime.now(NAIROBI).date().isoformat()],
        "date_of_birth": ["1990-05-01", None],
    }
    assert (entry["resource"], entry["resource_id"]) == ("PATIENT", patient)


async def test_a_national_id_belongs_to_one_patient(office: Office) -> None:
    first, second = await office.patient("12345678"), await office.patient()
    errand, form = await office.errand("receptionist"), PatientCorrection(national_id="12345678")
    with pytest.raises(DuplicatePatient) as refused:
        await office.administration.correct_patient(errand, second, form)
    assert refused.value.problem.patient_id == first


async def test_patients_of_other_facilities_are_not_there(office: Office) -> None:
    stranger = await office.patient(facility_id=await office.other_facility())
    with pytest.raises(NotFound):
        await office.administration.correct_patient(await office.errand(), stranger, PatientCorrection(age=3))


async def test_nobody_is_born_tomorrow(office: Office) -> None:
    patient, form = await office.patient(), PatientCorrection(date_of_birth=date(2999, 1, 1))
    with pytest.raises(Invalid, match="date_of_birth"):
        await office.administration.correct_patient(await office.errand(), patient, form)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"first_name": None},
        {"first_name": " "},
        {"gender": None},
        {"age": 3, "date_of_birth": "2020-01-01"},
        {"date_of_birth": None},
        {"phone_number": "12"},
        {"registered_by": str(uuid4())},
        {"insurance_type": None},
    ],
)
def test_a_correction_that_says_nothing_or_too_much(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PatientCorrection.model_validate(given)


async def test_decodes_are_noted(office: Office) -> None:
    person = await office.person("supervisor")
    await office.administration.audited_decode(person, "10.0.0.9", 12, "clinic")
    entry = (await office.entries())[-1]
    assert (entry["resource"], entry["user_id"], entry["ip_address"]) == ("DECODE", person.id, "10.0.0.9")
    assert json.loads(entry["details"]) == {"count": 12, "namespace": "clinic"}


async def test_what_is_not_known_to_be_written_says_so(office: Office) -> None:
    errand = await office.errand()
    await office.pool.close()
    with pytest.raises(Unavailable) as refused:
        await office.administration.create_staff(errand, newcomer())
    assert refused.value.problem.retry_after
