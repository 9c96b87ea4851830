"""What `docs/deploying.md` tells operators to type and to ask is understood."""

import re

import pytest

from tests.clinic import eventually
from tests.deploying.page import PAGE, commands, queries
from tests.deploying.rollout import PROBLEMS, Rollout
from tests.test_compose import SERVICES
from tests.walks import Walk
from workers.build import fingerprint
from workflows.visit import workflow_id


@pytest.mark.parametrize("query", queries())
async def test_a_query_of_the_page_is_understood(rollout: Rollout, query: str) -> None:
    assert (await rollout.clinic.clinic.temporal.count_workflows(f'({query}) AND OpNumber="none"')).count == 0


def test_the_page_shows_where_to_find_what_cannot_go_on() -> None:
    assert [query for query in queries() if query.startswith(PROBLEMS)]


LOOKING = [words for words in commands() if "reset" not in words]
"""Those that reset runs are used in earnest by `test_unguarded.py` and `test_new_fact.py`."""


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
async def test_a_command_of_the_page_is_understood(rollout: Rollout, words: list[str]) -> None:
    await rollout.temporal(*words)


def test_the_page_resets_runs_in_the_two_ways_that_are_tried() -> None:
    assert [words[words.index("--type") + 1] for words in commands("workflow reset")] == [
        "BuildId",
        "FirstWorkflowTask",
    ]


def test_the_services_that_docker_is_told_of_are_there() -> None:
    told = re.findall(r"^docker compose (?:run|stop|up) (.+)$", PAGE, re.MULTILINE)
    named = [[word for word in line.split() if word in SERVICES] for line in told]
    assert named == [["migrate"], ["worker"], ["worker"], ["worker"], ["api"]]


async def test_the_rows_tell_what_open_visits_keep(rollout: Rollout) -> None:
    for question in re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        await rollout.clinic.rows(question)


async def test_a_worker_tells_its_build_by_itself(walk: Walk) -> None:
    visit = await walk.registered()
    client = walk.clinic.clinic.temporal
    query = f'BuildIds="unversioned:{fingerprint()}" AND OpNumber="{visit["op_number"]}"'

    async def found() -> bool:
        return [one.id async for one in client.list_workflows(query)] == [workflow_id(visit["id"])]

    await eventually(found)


def test_the_build_says_the_version_and_a_fingerprint() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+-[0-9a-f]{8}", fingerprint())
