"""On the real servers: what was waited for, and how long, stands in the rows of the same moment."""

from models.staff import Role
from tests.walks import Walk

STAYS = """
    select s.*, c.kind from stays s join commands c on c.id = s.command_id
    where s.visit_id = %s order by s.ended_at, s.step
"""


async def test_each_wait_of_a_visit_is_kept_with_the_command_that_ended_it(walk: Walk) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    await walk.results(test["id"])
    await walk.encounter(visit["id"])
    await walk.paid(visit["id"])
    ended = await walk.discharged(visit["id"])
    rows = await walk.clinic.rows(STAYS, visit["id"])
    assert [(row["step"], row["kind"], row["ended_how"]) for row in rows] == [
        ("TRIAGE", "record_triage", "DONE"),
        ("CONSULTATION", "take_in", "DONE"),
        ("RETRIAGE", "take_in", "ENDED"),
        ("ENCOUNTER", "record_encounter", "DONE"),
        ("CASHIER", "order_lab_test", "ENDED"),
        ("LABORATORY", "report_lab_test", "DONE"),
        ("CONSULTATION", "record_encounter", "DONE"),
        ("CASHIER", "take_payment", "DONE"),
        ("DISCHARGE", "discharge", "DONE"),
    ]
    assert {row["triage_category"] for row in rows} == {ended["triage_category"]}
    assert all(row["since"] <= row["ended_at"] for row in rows)
    encounter = rows[3]
    assert (encounter["taken_at"], str(encounter["taken_by"])) == (encounter["since"], visit["provider_id"])


async def test_a_wait_that_goes_on_after_a_death_was_taken_back_has_one_line(walk: Walk) -> None:
    visit = await walk.triaged()
    path = f"/api/visits/{visit['id']}/actions"
    death = {"kind": "record_death", "time_of_death": visit["updated_at"], "circumstances": "Collapsed"}
    await walk.done(Role.CLINICAL_OFFICER, "POST", path, death)
    lost = await walk.clinic.rows(STAYS, visit["id"])
    assert [(row["step"], row["ended_how"]) for row in lost[1:]] == [("CONSULTATION", "ENDED"), ("RETRIAGE", "ENDED")]
    await walk.done("clinical_officer_2", "POST", path, {"kind": "undo_death", "reason": "The wrong visit"})
    await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    rows = await walk.clinic.rows(STAYS, visit["id"])
    steps = [row["step"] for row in rows]
    assert sorted(steps) == ["CONSULTATION", "CONSULTATION", "RETRIAGE", "TRIAGE"]
    assert next(row["kind"] for row in rows if row["step"] == "RETRIAGE") == "take_in"
