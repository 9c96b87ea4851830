"""Walks that the rules' own machinery thinks of: whatever staff do and undo, all accounts agree after each step."""

import random
from itertools import islice

import pytest

from models.reconciliation import Scope
from models.staff import Role
from tests.hindsight.test_any_walk import DESKS, STEPS, TRIES, Rehearsal
from tests.reconciling.house import House, said
from tests.walks import new_patient


@pytest.mark.parametrize("seed", range(3, 9))
async def test_after_each_step_of_any_walk_all_accounts_agree(house: House, seed: int) -> None:
    rehearsal = Rehearsal(random.Random(seed))
    rehearsal.begin()
    visit_id = str(rehearsal.machine.desk.id)
    await house.walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), visit_id)
    done = 0
    for who, action, key in islice(filter(None, (rehearsal.step() for _ in range(TRIES))), STEPS):
        form = action.model_dump(mode="json", exclude_none=True)
        path = f"/api/visits/{visit_id}/actions"
        done += (await house.walk.does(DESKS[who.id], "POST", path, form, key)).status_code == 201
        _, found = await house.accounts.of_rows(Scope())
        assert said(found) == [], (action.kind, said(found))
    assert done > 5
    await house.agrees()
