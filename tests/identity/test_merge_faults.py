"""Worker killed, Temporal or workers away, in the middle of a merge: nothing is half moved, nobody is told twice."""

from asyncio import gather
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from activities.identity import Identities, IdentityOutcome, IdentityTurn
from integrations.database import writing_pool
from models.identity import IdentityAction, IdentityCommand, MergePatients
from models.staff import Person, Role
from tests.clinic import WholeClinic, eventually
from tests.faults.desk import PATIENT, require_sound, require_whole_audit
from tests.identity.reception import CASHIER, OFFICER, SUPERVISOR, TWICE, Reception
from tests.walks import fresh
from workflows.patient_merge import workflow_id as merge_run
from workflows.visit import workflow_id as visit_run


async def pair_with_open_visit(reception: Reception) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The registration that goes on, the other, and the other's open visit."""
    old = await reception.registered(national_id=None)
    visit = await reception.walk.seen(national_id=None)
    return old, {"id": visit["patient_id"]}, visit["id"]


async def supervisor(clinic: WholeClinic) -> Person:
    (row,) = await clinic.rows("select id, facility_id from users where user_name = 'supervisor'")
    return Person(id=row["id"], facility_id=row["facility_id"], roles=(Role.SUPERVISOR,))


async def written(clinic: WholeClinic, action: IdentityAction, key: UUID) -> IdentityOutcome:
    """The rows are moved as a worker would, and nobody is told: so it stands where the worker died then."""
    secret = clinic.settings.command_secret.get_secret_value().encode()
    command = IdentityCommand(id=key, actor=await supervisor(clinic), at=datetime.now(UTC), action=action)
    sent = IdentityCommand.model_validate_json(command.signed(secret).model_dump_json())
    async with writing_pool(clinic.settings, size=2) as pool:
        return await Identities(pool, secret).write(IdentityTurn(command=sent))


async def follows(clinic: WholeClinic, visit_id: str) -> int:
    """How often the visit's rows followed a patient."""
    wanted = "select 1 from commands where visit_id = %s and kind = 'follow_patient'"
    return len(await clinic.rows(wanted, visit_id))


async def current(clinic: WholeClinic, visit_id: str) -> dict[str, Any]:
    """What the visit's workflow has in mind."""
    handle = clinic.clinic.temporal.get_workflow_handle(visit_run(UUID(visit_id)))
    return dict(await handle.query("current"))


async def test_the_workflow_of_an_open_visit_hears_whose_it_is(bare: Reception) -> None:
    async with bare.clinic.worker():
        old, new, visit = await pair_with_open_visit(bare)
        assert (await current(bare.clinic, visit))["patient_id"] == new["id"]
        await bare.merged(old, new)

        async def has_heard() -> bool:
            return bool((await current(bare.clinic, visit))["patient_id"] == old["id"])

        await eventually(has_heard, PATIENT)
        assert (await require_sound(bare.clinic, visit))["version"] == 5


async def test_a_worker_that_died_after_the_rows_were_moved_tells_the_visits_when_it_is_back(bare: Reception) -> None:
    async with bare.clinic.worker():
        old, new, visit = await pair_with_open_visit(bare)
        key = uuid4()
        action = MergePatients(id=UUID(old["id"]), patient_id=UUID(new["id"]), reason=TWICE["reason"])
        first = await written(bare.clinic, action, key)
        second = await written(bare.clinic, action, key)
        assert first == second
        assert [str(news.visit_id) for news in first.news] == [visit]
        assert (await current(bare.clinic, visit))["patient_id"] == new["id"]
        # Before it hears of it, the visit's workflow meets the moved row, looks again and goes on.
        body = {"visit_id": visit, "patient_id": old["id"], "amount": "100", "payment_type": "CASH"}
        paid = await bare.walk.done(CASHIER, "POST", "/api/payments", body)
        assert (paid["patient_id"], paid["visit"]["patient_id"]) == (old["id"], old["id"])
        answer = await bare.merge(old, new, key)
        assert (answer.status_code, answer.json()) == (201, first.answer)
        await bare.clinic.clinic.temporal.get_workflow_handle(merge_run(key)).result()
        assert await follows(bare.clinic, visit) == 1
        assert (await bare.walk.paid(visit))["patient_id"] == old["id"]
        assert (await bare.walk.discharged(visit))["status"] == "COMPLETED"
    await require_sound(bare.clinic, visit)
    await require_whole_audit(bare.clinic)


async def test_a_worker_killed_while_registrations_are_merged_leaves_none_half_moved(bare: Reception) -> None:
    pairs, keys = [], []
    async with bare.clinic.worker_process() as doomed:
        pairs = [await pair_with_open_visit(bare) for _ in range(3)]
        keys = [fresh() for _ in pairs]
        answer = await bare.merge(pairs[0][0], pairs[0][1], keys[0])
        assert answer.status_code == 201
        doomed.kill()
        await doomed.wait()
    stored = [await bare.merge(old, new, key) for (old, new, _), key in zip(pairs[1:], keys[1:], strict=True)]
    assert [answer.status_code for answer in stored] == [202, 202]
    assert all(
        answer.headers["Location"].endswith(f"merge_id={key}") for answer, key in zip(stored, keys[1:], strict=True)
    )
    pending = await bare.read(stored[0].headers["Location"])
    assert pending["status"] == "PENDING"
    async with bare.clinic.worker():
        for key in keys:
            await bare.clinic.clinic.temporal.get_workflow_handle(merge_run(UUID(key))).result()
        for (old, new, visit), key in zip(pairs, keys, strict=True):
            again = await bare.merge(old, new, key)
            assert (again.status_code, again.json()["patient"]["id"]) == (201, old["id"])
            for table in ("visits", "patient_encounters", "charges"):
                assert await bare.patients_of(table, visit) == {old["id"]}, table
            assert await follows(bare.clinic, visit) == 1
            await bare.walk.paid(visit)
            assert (await bare.walk.discharged(visit))["patient_id"] == old["id"]
            await require_sound(bare.clinic, visit)
        assert (await bare.read(stored[0].headers["Location"]))["status"] == "DONE"
    await require_whole_audit(bare.clinic)


async def test_while_temporal_is_away_nothing_is_merged_and_the_same_key_does_it_later(bare: Reception) -> None:
    async with bare.clinic.worker():
        old, new, visit = await pair_with_open_visit(bare)
        key = fresh()
        await bare.clinic.temporal.stop("kill")
        answer = await bare.merge(old, new, key)
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert (await bare.patient(new))["merged_into"] is None
        seen = await bare.merge(old, new, dry_run=True)
        assert seen.json()["open_visits"][0]["visit_id"] == visit
        await bare.clinic.temporal.start()
        answers = []

        async def is_done() -> bool:
            answers.append(await bare.merge(old, new, key))
            return answers[-1].status_code == 201

        await eventually(is_done, PATIENT)
        assert (await bare.patient(new))["merged_into"] == old["id"]
        assert await follows(bare.clinic, visit) == 1


async def test_a_refusal_after_a_202_is_told_to_its_sender(bare: Reception) -> None:
    async with bare.clinic.worker():
        old, new = await bare.registered(gender="MALE"), await bare.registered(national_id=None)
    key = fresh()
    assert (await bare.merge(old, new, key)).status_code == 202
    async with bare.clinic.worker():
        await bare.clinic.clinic.temporal.get_workflow_handle(merge_run(UUID(key))).result()
        became = await bare.read(f"/api/commands/{key}?merge_id={key}")
        assert (became["status"], became["problem"]["type"]) == ("REFUSED", "/problems/invalid")


async def test_while_a_visit_is_at_work_a_merge_comes_between_and_nothing_is_lost(bare: Reception) -> None:
    async with bare.clinic.worker():
        old, new, visit = await pair_with_open_visit(bare)
        diagnosis = {"visit_id": visit, "diagnosis_code": "B54", "diagnosis_name": "Malaria"}

        async def diagnosed() -> int:
            return (await bare.walk.does(OFFICER, "POST", "/api/diagnoses", diagnosis)).status_code

        async def merged() -> int:
            return (await bare.merge(old, new)).status_code

        assert await gather(*(diagnosed() for _ in range(6)), merged(), *(diagnosed() for _ in range(6))) == [201] * 13
        assert await bare.patients_of("diagnoses", visit) == {old["id"]}
        assert len(await bare.listed(f"/api/diagnoses?visit_id={visit}")) == 12
    await require_sound(bare.clinic, visit)
    await require_whole_audit(bare.clinic)


async def test_a_visit_that_opens_while_its_patient_is_merged_is_the_survivors(bare: Reception) -> None:
    async with bare.clinic.worker():
        pairs = [[await bare.registered(national_id=None) for _ in range(2)] for _ in range(3)]
        for old, new in pairs:
            form = {"patient_id": new["id"], "chief_complaint": "Cough", "payment_type": "CASH"}
            opened, merged = await gather(
                bare.walk.does(Role.RECEPTIONIST, "POST", "/api/visits", form), bare.merge(old, new)
            )
            assert (opened.status_code, merged.status_code) == (201, 201)
            assert await bare.patients_of("visits", opened.json()["id"]) == {old["id"]}
            assert (await bare.walk.does(SUPERVISOR, "GET", f"/api/visits/{opened.json()['id']}")).status_code == 200
