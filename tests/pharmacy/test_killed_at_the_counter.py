"""A worker dies while drugs are handed out: every piece leaves the shelf once, and every patient is answered."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import Dispense
from models.command import Command
from models.staff import Person, Role
from tests.clinic import WholeClinic, eventually
from tests.pharmacy.counter import OFFICER, PHARMACY, Counter
from tests.walks import fresh


async def pharmacist(clinic: WholeClinic) -> Person:
    (row,) = await clinic.rows("select id, facility_id from users where user_name = 'pharmacist'")
    return Person(id=row["id"], facility_id=row["facility_id"], roles=(PHARMACY,))


async def test_a_worker_that_dies_between_the_shelf_and_the_answer_takes_the_pieces_once(bare: Counter) -> None:
    """The first attempt died after its commit: the second finds what it did, and takes nothing more."""
    async with bare.clinic.worker():
        code = await bare.drug()
        await bare.receive(code, 10)
        visit = await bare.walk.seen()
        prescription = await bare.prescribed(visit, code, 4)
    secret = bare.clinic.settings.command_secret.get_secret_value().encode()
    command = Command(
        id=uuid4(),
        visit_id=UUID(visit["id"]),
        actor=await pharmacist(bare.clinic),
        at=datetime.now(UTC),
        action=Dispense(prescription_id=UUID(prescription), status="OWED", quantity_dispensed=3),
    ).signed(secret)
    async with writing_pool(bare.clinic.settings, size=2) as pool:
        records = Records(pool, secret)
        before = (await records.load(UUID(visit["id"]))).visit
        first = await records.record(Turn(visit=before, command=command))
        second = await records.record(Turn(visit=before, command=command))
    assert (first.problem, first.repeated, second.repeated) == (None, False, True)
    assert (second.answer, second.starts) == (first.answer, first.starts)
    assert await bare.require_sound(code) == 7


async def test_two_runs_that_hand_out_the_same_prescription_take_the_pieces_once(bare: Counter) -> None:
    """Neither knows of the other: the visit's version tells the second that it decided on what is past."""
    async with bare.clinic.worker():
        code = await bare.drug()
        await bare.receive(code, 10)
        visit = await bare.walk.seen()
        prescription = await bare.prescribed(visit, code, 4)
    secret = bare.clinic.settings.command_secret.get_secret_value().encode()
    who = await pharmacist(bare.clinic)
    action = Dispense(prescription_id=UUID(prescription), status="DISPENSED")
    async with writing_pool(bare.clinic.settings, size=4) as pool:
        records = Records(pool, secret)
        before = (await records.load(UUID(visit["id"]))).visit
        commands = [
            Command(id=uuid4(), visit_id=UUID(visit["id"]), actor=who, at=datetime.now(UTC), action=action)
            for _ in range(4)
        ]
        turns = [Turn(visit=before, command=command.signed(secret)) for command in commands]
        outcomes = await asyncio.gather(*(records.record(turn) for turn in turns))
    assert sorted(outcome.problem.type if outcome.problem else "" for outcome in outcomes) == [
        "",
        *["/problems/already-done"] * 3,
    ]
    assert await bare.require_sound(code) == 6


async def test_workers_killed_while_a_queue_is_served(bare: Counter) -> None:
    """Twelve patients want 5 of 40: eight get them, whoever died meanwhile."""
    async with bare.clinic.worker_process() as doomed:
        code = await bare.drug()
        await bare.receive(code, 40)
        prescriptions = [await bare.prescribed(await bare.walk.seen(), code, 5) for _ in range(12)]
        keys = {one: fresh() for one in prescriptions}
        answers = [asyncio.create_task(bare.hands_out(one, key=keys[one])) for one in prescriptions]
        await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        doomed.kill()
        await doomed.wait()
        await asyncio.gather(*answers)
    async with bare.clinic.worker():

        async def are_decided() -> bool:
            sent = [await bare.hands_out(one, key=keys[one]) for one in prescriptions]
            return all(answer.status_code in (200, 409) for answer in sent)

        await eventually(are_decided, 60)
        text = "select 1 from prescriptions where status = 'DISPENSED' and medication_name = %s"
        done = await bare.clinic.rows(text, code)
        assert len(done) == 8
        assert await bare.require_sound(code) == 0


async def test_what_stood_in_the_way_of_a_late_prescription_is_for_clinical_eyes(bare: Counter) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.seen()
        await bare.allergic(visit)
    answer = await bare.prescribes(visit, "Amoxicillin")
    assert answer.status_code == 202
    async with bare.clinic.worker():

        async def is_refused() -> bool:
            return bool(await bare.refusals(visit, OFFICER))

        await eventually(is_refused)
    (said,) = await bare.refusals(visit, OFFICER)
    (heard,) = await bare.refusals(visit, Role.CASHIER)
    assert said["type"] == heard["type"] == "/problems/medication-warning"
    assert "Penicillin" in said["errors"][0]["reason"]
    assert "Penicillin" not in str(heard)
