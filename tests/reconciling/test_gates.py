"""Money gates, disturbed by hand: what waits for payment, and what was paid first, are named and left to people."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from models.policy import DEFAULT
from models.reconciliation import Code, Repair, Scope
from models.staff import Role
from tests.reconciling.conftest import opened_house
from tests.reconciling.house import House, said
from tests.reconciling.test_differences import Disturbed, is_named_once
from tests.walks import VITALS, WELL

OPENED = "update visits set open_orders = jsonb_set(open_orders, '{%s,gated}', '%s') where id = %%s"
CASES = {
    "a gate was opened by hand": Disturbed(OPENED % (1, "false"), OPENED % (1, "true"), Code.VISIT_GATES),
    "what was paid first was forgotten": Disturbed(
        "update visits set paid_first = paid_first - 0 where id = %s",
        """update visits set paid_first = (select jsonb_build_array(c.id) || paid_first from commands c
            where c.visit_id = visits.id and c.kind = 'record_encounter' limit 1) where id = %s""",
        Code.LEDGER_PAID_FIRST,
    ),
}


@pytest.fixture(scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Its policy wants everything to be paid first."""
    policy: Path = tmp_path_factory.mktemp("strict") / "policy.toml"
    policy.write_text(DEFAULT.read_text().replace('"AFTER"', '"BEFORE"'))
    async with opened_house(policy=policy) as opened, opened.clinic.worker():
        yield opened


async def consulted(house: House) -> dict[str, Any]:
    """The consultation was paid beforehand, and is done."""
    visit = await house.walk.registered()
    await house.purse.deposits(visit, "300")
    body = {"status": "IN_CONSULTATION"}
    triage = {"vital_signs": WELL, "triage_category": "NORMAL"}
    await house.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", triage)
    await house.walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)
    await house.walk.encounter(visit["id"])
    return visit


@pytest.fixture(scope="module")
async def visit(strict: House) -> dict[str, Any]:
    """Two things wait for payment."""
    visit = await consulted(strict)
    await strict.walk.test_ordered(visit["id"])
    await strict.walk.prescribed(visit["id"])
    shown = await strict.walk.visit(visit["id"])
    assert [order["gated"] for order in shown["open_orders"]] == [True, True]
    return shown


@pytest.mark.parametrize("case", CASES)
async def test_a_gate_that_does_not_follow_from_the_money_is_named(
    strict: House, visit: dict[str, Any], case: str
) -> None:
    await is_named_once(strict, visit, CASES[case])


async def test_a_patient_who_waits_for_what_is_paid_is_named_for_the_supervisor(strict: House) -> None:
    visit = await consulted(strict)
    await strict.walk.test_ordered(visit["id"])
    await strict.walk.paid(visit["id"], "500")
    await strict.clinic.rows(OPENED % (0, "true"), visit["id"])
    found = {one.code: one for one in await strict.found(repair=False)}
    assert set(found) == {Code.VISIT_GATES, Code.VISIT_QUEUE}
    one = found[Code.VISIT_GATES]
    assert (one.who, one.repair) == (Role.SUPERVISOR, Repair.NONE)
    assert "waits for payment of lab request" in one.words
    assert one.words.endswith("and by its money of nothing.")
    await strict.clinic.rows(OPENED % (0, "false"), visit["id"])
    await strict.agrees()


async def test_whatever_opens_and_closes_gates_agrees(strict: House) -> None:
    """Paid, waived, opened in danger, cancelled, given back, an emergency."""
    walk, purse = strict.walk, strict.purse

    async def agrees() -> None:
        _, found = await strict.accounts.of_rows(Scope())
        assert said(found) == []

    visit = await consulted(strict)
    test = await walk.test_ordered(visit["id"])
    order = await walk.prescribed(visit["id"])
    await agrees()
    glass = {"order_id": order["id"], "reason": "In pain"}
    await purse.acts(Role.CLINICAL_OFFICER, visit, "break_glass", **glass)
    await agrees()
    waiver = await purse.asks_waiver(visit, "200")
    await purse.decides_waiver(visit, waiver)
    await agrees()
    await purse.deposits(visit, "700")
    await agrees()
    assert (await purse.reports(test)).status_code == 200
    await agrees()
    marked = {"record": "LAB_REQUEST", "record_id": test["id"], "reason": "Another patient's blood"}
    await purse.acts(Role.CLINICAL_OFFICER, visit, "enter_in_error", **marked)
    await agrees()
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", {"status": "CANCELLED"})
    shown = await walk.visit(visit["id"])
    refund = await purse.asks_refund(visit, str(abs(float(shown["balance"]))))
    assert (await purse.decides_refund(visit, refund)).status_code == 201
    assert (await purse.pays_out(visit, refund)).status_code == 201
    await agrees()
    danger = await walk.triaged()
    await agrees()
    body = {"vital_signs": VITALS, "danger_signs": ["CONVULSING"], "retriage": True, "confirmed": True}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{danger['id']}", body)
    await agrees()
    await strict.agrees()
