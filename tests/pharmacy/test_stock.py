"""The shelf: what expires first leaves first, never more than there is, however many want it at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from psycopg import errors

from activities.seed import add_facility_and_admin
from models.staff import Role
from tests.clinic import QUICK, Desk
from tests.pharmacy.counter import ADMIN, NEXT_MONTH, NEXT_YEAR, PHARMACY, TODAY, Counter, out_of_stock
from tests.walks import fresh


async def test_what_expires_first_is_handed_out_first(counter: Counter) -> None:
    code = await counter.drug()
    late = await counter.receive(code, 10, NEXT_YEAR)
    soon = await counter.receive(code, 4, NEXT_MONTH)
    given = await counter.handed_out(await counter.prescribed(await counter.walk.seen(), code, 6))
    taken = [(one["batch_id"], one["quantity"]) for one in given["dispense"]["batches"]]
    assert taken == [(soon["id"], 4), (late["id"], 2)]
    assert (await counter.stock(code))["on_hand"] == await counter.require_sound(code) == 8
    ledger = [(m["kind"], m["quantity"], m["on_hand_after"]) for m in await counter.movements(code)]
    assert sorted(ledger) == [("DISPENSED", -4, 0), ("DISPENSED", -2, 8), ("RECEIVED", 4, 4), ("RECEIVED", 10, 10)]


async def test_what_has_expired_is_never_handed_out(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 10)
    await counter.clinic.rows("update stock_batches set expires_on = %s where code = %s", TODAY - timedelta(1), code)
    prescription = await counter.prescribed(await counter.walk.seen(), code, 1)
    assert "0 of 1" in out_of_stock(await counter.hands_out(prescription))
    shelf = await counter.stock(code)
    assert (shelf["on_hand"], shelf["expired"], shelf["next_expiry"]) == (0, 10, None)


async def test_its_last_day_is_a_day_like_any_other(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 1, TODAY)
    await counter.handed_out(await counter.prescribed(await counter.walk.seen(), code, 1))
    assert await counter.require_sound(code) == 0


async def test_too_little_is_said_and_nothing_is_done(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 7)
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, code, 10)
    said = out_of_stock(await counter.hands_out(prescription))
    assert "7 of 10" in said
    assert "OWED" in said
    assert (await counter.walk.visit(visit["id"]))["waiting_at"] == ["PHARMACY"]
    assert await counter.require_sound(code) == 7
    given = await counter.handed_out(prescription, "PARTIALLY_DISPENSED", quantity_dispensed=7)
    assert (given["status"], given["quantity_dispensed"], given["request_status"]) == (
        "PARTIALLY_DISPENSED",
        7,
        "active",
    )
    assert await counter.require_sound(code) == 0


async def test_a_drug_without_stock_is_handed_out_as_ever(counter: Counter) -> None:
    code = await counter.drug()
    given = await counter.handed_out(await counter.prescribed(await counter.walk.seen(), code, 10))
    assert given["dispense"]["batches"] == []
    assert await counter.listed(f"/api/stock?medication_name={code}") == []


async def test_the_same_key_takes_the_pieces_once(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 10)
    prescription = await counter.prescribed(await counter.walk.seen(), code, 4)
    key = fresh()
    answers = await asyncio.gather(*(counter.hands_out(prescription, key=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert await counter.require_sound(code) == 6


async def test_fifty_patients_at_once_get_what_there_is_and_nobody_gets_more(counter: Counter) -> None:
    """Fifty visits want 3 pieces each of 100: 33 get them, 17 are told so."""
    code = await counter.drug()
    for pieces, until in ((40, NEXT_MONTH), (35, NEXT_YEAR), (25, NEXT_YEAR + timedelta(days=1))):
        await counter.receive(code, pieces, until)
    prescriptions = await wanting(counter, code, 50, 3)
    answers = await asyncio.gather(*(counter.hands_out(one, key=fresh()) for one in prescriptions))
    told = dict(zip(prescriptions, (answer.status_code for answer in answers), strict=True))
    for one in prescriptions:
        if told[one] == 202:
            told[one] = await settled(counter, one)
    assert sorted(told.values()) == [200] * 33 + [409] * 17
    assert await counter.require_sound(code) == 1
    handed = await counter.clinic.rows(
        "select sum(quantity) as n from medication_dispenses where medication_name = %s", code
    )
    assert handed[0]["n"] == 99


async def wanting(counter: Counter, code: str, count: int, pieces: int) -> list[str]:
    """So many visits with one prescription each, a few at a time."""
    gate = asyncio.Semaphore(8)

    async def one() -> str:
        async with gate:
            return await counter.prescribed(await counter.walk.seen(), code, pieces)

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def settled(counter: Counter, prescription: str) -> int:
    """What became of one that was accepted and not yet answered: 200 or 409."""
    while True:
        (row,) = await counter.clinic.rows("select status from prescriptions where id = %s", prescription)
        refused = await counter.clinic.rows(
            "select 1 from commands where status = 'REFUSED' and kind = 'dispense' and visit_id = "
            "(select visit_id from prescriptions where id = %s)",
            prescription,
        )
        if row["status"] == "DISPENSED" or refused:
            return 200 if row["status"] == "DISPENSED" else 409
        await asyncio.sleep(0.1)


async def test_handing_out_receiving_and_counting_at_once_lose_no_piece(counter: Counter) -> None:
    code = await counter.drug()
    batch = await counter.receive(code, 200, batch="B-1")
    prescriptions = await wanting(counter, code, 10, 5)
    path = f"/api/stock/batches/{batch['id']}/adjustments"
    lost = {"quantity": -1, "reason": "DAMAGED"}
    await asyncio.gather(
        *(counter.handed_out(one) for one in prescriptions),
        *(counter.receive(code, 3, batch="b-1") for _ in range(10)),
        *(counter.walk.done(PHARMACY, "POST", path, lost) for _ in range(10)),
    )
    assert await counter.require_sound(code) == 200 - 50 + 30 - 10


async def test_a_batch_is_counted_written_off_and_never_below_nothing(counter: Counter) -> None:
    code = await counter.drug()
    batch = await counter.receive(code, 10, who=ADMIN)
    path = f"/api/stock/batches/{batch['id']}"
    counted = await counter.walk.done(PHARMACY, "POST", f"{path}/counts", {"counted": 8, "notes": "Two broken"})
    assert counted["on_hand"] == 8
    lost = {"quantity": -9, "reason": "DAMAGED"}
    assert "only 8" in out_of_stock(await counter.walk.does(PHARMACY, "POST", f"{path}/adjustments", lost))
    back = await counter.walk.done(PHARMACY, "POST", f"{path}/adjustments", {"quantity": 2, "reason": "RETURNED"})
    assert back["on_hand"] == await counter.require_sound(code) == 10
    assert [m["kind"] for m in await counter.movements(code)] == ["RETURNED", "COUNTED", "RECEIVED"]


async def test_one_batch_number_has_one_expiry(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 10, NEXT_YEAR, "LOT-7")
    again = await counter.receive(code, 5, NEXT_YEAR, "lot-7")
    assert again["on_hand"] == 15
    body: dict[str, Any] = {"medication_name": code, "batch_number": "LOT-7", "quantity": 1}
    answer = await counter.walk.does(
        PHARMACY, "POST", "/api/stock/receipts", {**body, "expires_on": NEXT_MONTH.isoformat()}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"medication_name": "Ugali"}, "medication_name"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"quantity": 0}, "quantity"),
    ],
)
async def test_what_cannot_be_taken_in_is_named(counter: Counter, changed: dict[str, Any], field: str) -> None:
    good = {"medication_name": "Paracetamol", "batch_number": "X", "expires_on": "2099-01-01", "quantity": 1}
    answer = await counter.walk.does(PHARMACY, "POST", "/api/stock/receipts", {**good, **changed})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_database_itself_refuses_less_than_nothing_and_forgets_no_movement(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 1)
    with pytest.raises(errors.CheckViolation):
        await counter.clinic.rows("update stock_batches set on_hand = -1 where code = %s", code)
    with pytest.raises(errors.InsufficientPrivilege):
        await counter.clinic.rows("delete from stock_movements where code = %s", code)


async def test_the_shelf_of_one_facility_is_not_anothers(counter: Counter) -> None:
    batch = await counter.receive(await counter.drug(), 5)
    name = f"kitale_{fresh()[:8]}"
    elsewhere = counter.clinic.settings.model_copy(update={"facility_code": name, "facility_name": "Kitale"})
    password = "nyota-ya-kitale"
    await add_facility_and_admin(elsewhere, name, "Nekesa", password, (Role.PHARMACIST,), QUICK)
    let_in = await counter.clinic.http.post("/api/auth/token", data={"username": name, "password": password})
    stranger = Desk(counter.clinic.http, let_in.json()["access_token"])
    assert (await stranger.get("/api/stock")).json()["items"] == []
    assert (await stranger.get(f"/api/stock/movements?batch_id={batch['id']}")).json()["items"] == []
    path = f"/api/stock/batches/{batch['id']}"
    assert (await stranger.post(f"{path}/counts", {"counted": 1})).status_code == 404
    assert (await stranger.post(f"{path}/adjustments", {"quantity": -1, "reason": "LOST"})).status_code == 404
