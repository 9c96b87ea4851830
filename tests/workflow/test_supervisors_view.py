"""What a supervisor finds in the Temporal UI: every visit by where it waits, and in words why."""

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import PRESCRIPTION, Walk
from tests.workflow.messages import Post

PRIVATE = {
    "first_name": "Nafsi",
    "last_name": "Siriyake",
    "phone_number": "0711000222",
    "chief_complaint": "Maumivu",
    "next_of_kin": "Jamaayake",
}


async def found(clinic: WholeClinic, query: str) -> set[str]:
    """The ids of the visits that are open and that the query finds."""
    runs = clinic.clinic.temporal.list_workflows(f'WorkflowType = "Visit" and ExecutionStatus = "Running" and {query}')
    return {run.id.removeprefix("visit-") async for run in runs}


async def test_all_visits_waiting_at_the_laboratory_are_found(walk: Walk, open_clinic: WholeClinic) -> None:
    there, both, elsewhere = [await walk.seen() for _ in range(3)]
    order = await walk.test_ordered(there["id"])
    await walk.test_ordered(both["id"])
    await walk.prescribed(both["id"])
    await walk.prescribed(elsewhere["id"])

    async def waiting_at(station: str, *wanted: str, not_there: str) -> None:
        async def is_so() -> bool:
            ids = await found(open_clinic, f'WaitingAt = "{station}"')
            return ids.issuperset(wanted) and not_there not in ids

        await eventually(is_so)

    await waiting_at("LABORATORY", there["id"], both["id"], not_there=elsewhere["id"])
    await waiting_at("PHARMACY", both["id"], elsewhere["id"], not_there=there["id"])
    await walk.results(order["id"])
    await waiting_at("LABORATORY", both["id"], not_there=there["id"])
    await waiting_at("CONSULTATION", there["id"], not_there=both["id"])


@pytest.mark.parametrize(
    "query",
    [
        'VisitStatus = "TRIAGED"',
        'TriageCategory = "URGENT" and WaitingAt = "CONSULTATION"',
        'Payer = "SHA" and OpNumber = "{op_number}"',
        'Facility = "{facility_id}" and StageSince > "{arrived_at}"',
        "Attention IS NULL",
    ],
)
async def test_a_visit_is_found_by_what_is_known_about_it(walk: Walk, open_clinic: WholeClinic, query: str) -> None:
    visit = await walk.triaged("URGENT", payment_type="SHA", insurance_type="SHA", sha_number="SHA-1")
    (row,) = await open_clinic.rows("select facility_id, arrived_at from visits where id = %s", visit["id"])
    arrived_at = row["arrived_at"].isoformat().replace("+00:00", "Z")
    wanted = query.format(op_number=visit["op_number"], facility_id=row["facility_id"], arrived_at=arrived_at)

    async def is_found() -> bool:
        return visit["id"] in await found(open_clinic, wanted)

    await eventually(is_found)


async def test_the_details_say_where_the_visit_is_and_what_comes_next(walk: Walk, open_clinic: WholeClinic) -> None:
    post = Post(open_clinic)
    visit = await walk.registered(**PRIVATE)
    assert "Next: Triage at triage, by a triage nurse." in await post.words(visit["id"])
    visit = await walk.seen()
    order = await walk.test_ordered(visit["id"])
    await walk.prescribed(visit["id"])
    words = await post.words(visit["id"])
    assert f"**{visit['op_number']}** is **in services** since" in words
    assert "Waits at **laboratory** since" in words
    assert "Lab request at laboratory, by a lab technician. Prescription at pharmacy, by a pharmacist." in words
    await walk.results(order["id"])
    assert "Review at consultation, by a clinical officer." in await post.words(visit["id"])
    assert "Waits at **laboratory**" not in await post.words(visit["id"])


async def test_neither_details_nor_query_name_the_patient(walk: Walk, open_clinic: WholeClinic) -> None:
    post = Post(open_clinic)
    visit = await walk.seen(**PRIVATE)
    await walk.prescribed(visit["id"])
    described = await post.run(visit["id"]).describe()
    shown = await post.words(visit["id"]), await described.static_summary(), await described.static_details()
    for private in (*PRIVATE.values(), "711000222", PRESCRIPTION["medication_name"]):
        assert str(private) not in str(shown)


async def test_the_static_details_link_to_the_visit(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.registered()
    described = await Post(open_clinic).run(visit["id"]).describe()
    assert await described.static_summary() == "Outpatient visit"
    linked = f"({open_clinic.settings.own_url}/api/visits/{visit['id']})"
    assert linked in (await described.static_details() or "")
    assert (await walk.does(Role.SUPERVISOR, "GET", linked.strip("()"))).status_code == 200
