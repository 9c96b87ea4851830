"""Tampering shows. The tables' owner can put the triggers to sleep; the chains do not sleep."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from activities.audit import Finding, seal, verify
from models.administration import PriceForm
from models.audit import administration_chain, visit_chain
from tests.administration.office import Office

TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)


async def tamper(office: Office, table: str, text: str, *given: Any) -> None:
    """What only somebody with the database's own keys can do."""
    async with office.pool.connection() as db, db.transaction():
        await db.execute(f"alter table {table} disable trigger user")
        await db.execute(text, given)
        await db.execute(f"alter table {table} enable trigger user")


async def write(office: Office) -> None:
    await office.administration.set_price(
        await office.errand(), "BANDAGE", PriceForm(name="Bandage", amount=Decimal(1))
    )


async def found(office: Office) -> Finding:
    finding = await verify(office.pool)
    assert finding is not None
    assert await verify(office.pool, page=2) == finding
    return finding


async def entry(office: Office, chain: str, seq: int) -> dict[str, Any]:
    (row,) = await office.rows("select * from audit_logs where chain = %s and seq = %s", chain, seq)
    return row


async def test_untouched(office: Office) -> None:
    for _ in range(3):
        await office.visit()
    await write(office)
    await seal(office.pool, TODAY)
    for page in (1, 2, 1000):
        assert await verify(office.pool, page) is None


@pytest.mark.parametrize(
    "change",
    [
        "details = 'Nothing happened'",
        "user_id = null",
        "at = at + interval '1 microsecond'",
        "ip_address = '10.9.9.9'",
        "action = 'DELETE'",
        "hash = repeat('0', 64)",
        "facility_id = gen_random_uuid()",
        "visit_id = null",
    ],
)
async def test_a_changed_entry_is_named(office: Office, change: str) -> None:
    chain = visit_chain(await office.visit())
    row = await entry(office, chain, 2)
    await tamper(office, "audit_logs", f"update audit_logs set {change} where id = %s", row["id"])
    expected = Finding(what="an entry was changed", chain=chain, seq=2, audit_id=row["id"])
    assert await found(office) == expected


async def test_an_entry_rewritten_with_its_hash_breaks_the_link_after_it(office: Office) -> None:
    chain = visit_chain(await office.visit())
    first, second = await entry(office, chain, 1), await entry(office, chain, 2)
    lie = Finding(what="an entry does not follow the one before it", chain=chain, seq=2, audit_id=second["id"])
    await rewrite(office, first)
    assert await found(office) == lie


async def rewrite(office: Office, row: dict[str, Any]) -> str:
    """Change an entry and make its hash fit; answers the new hash."""
    from activities.verification import entry_of

    told = entry_of({**row, "details": "Nothing happened"})
    assert told is not None
    text = "update audit_logs set details = %s, hash = %s where id = %s"
    await tamper(office, "audit_logs", text, told.details, told.hash, row["id"])
    return told.hash


async def test_a_removed_entry_is_named(office: Office) -> None:
    chain = visit_chain(await office.visit())
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s and seq = 2", chain)
    assert await found(office) == Finding(what="an entry is missing", chain=chain, seq=2)


async def test_a_chain_cut_off_shows_against_its_head(office: Office) -> None:
    chain = visit_chain(await office.visit())
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s and seq = 3", chain)
    assert await found(office) == Finding(what="the chain was cut off", chain=chain, seq=3)


async def test_the_administrations_chain_cut_off_shows_too(office: Office) -> None:
    chain, length = administration_chain(office.facility_id), len(await office.entries())
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s and seq = %s", chain, length)
    assert await found(office) == Finding(what="the chain was cut off", chain=chain, seq=length)


async def test_a_removed_chain_is_named(office: Office) -> None:
    chain = visit_chain(await office.visit())
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s", chain)
    assert await found(office) == Finding(what="a chain was removed: no entry is left", chain=chain, seq=1)


async def test_a_removed_visit_leaves_its_chain_behind(office: Office) -> None:
    visit = await office.visit()
    await office.rows("delete from visits where id = %s", visit)
    finding = await found(office)
    assert (finding.chain, finding.seq) == (visit_chain(visit), 3)


async def test_an_entry_added_behind_the_head_is_named(office: Office) -> None:
    visit = await office.visit()
    row = await entry(office, visit_chain(visit), 2)
    await office.rows("update visits set audit_length = 2, audit_head = %s where id = %s", row["hash"], visit)
    finding = await found(office)
    assert (finding.what, finding.seq) == ("the chain does not end at its head", 3)


async def test_a_chain_cut_off_with_its_head_shows_against_the_seal(office: Office) -> None:
    visit = await office.visit()
    number = await seal(office.pool, TODAY)
    chain = visit_chain(visit)
    second = await entry(office, chain, 2)
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s and seq = 3", chain)
    await office.rows("update visits set audit_length = 2, audit_head = %s where id = %s", second["hash"], visit)
    expected = Finding(what="the chain was cut off after it was sealed", chain=chain, seq=3, seal=number)
    assert await found(office) == expected


async def test_a_visit_removed_with_its_chain_shows_against_the_seal(office: Office) -> None:
    visit = await office.visit()
    await seal(office.pool, TODAY)
    chain = visit_chain(visit)
    await tamper(office, "audit_logs", "delete from audit_logs where chain = %s", chain)
    await office.rows("delete from visits where id = %s", visit)
    assert await found(office) == Finding(what="a chain that was sealed was removed", chain=chain, seq=3, seal=1)


async def test_a_chain_rewritten_with_all_its_hashes_shows_against_the_seal(office: Office) -> None:
    visit = await office.visit(length=1)
    await seal(office.pool, TODAY)
    row = await entry(office, visit_chain(visit), 1)
    head = await rewrite(office, row)
    await office.rows("update visits set audit_head = %s where id = %s", head, visit)
    finding = await found(office)
    assert (finding.what, finding.audit_id) == ("the chain was rewritten after it was sealed", row["id"])


async def test_a_changed_or_removed_seal_is_named(office: Office) -> None:
    for day in (TODAY, TOMORROW):
        await office.visit()
        await seal(office.pool, day)
    await tamper(office, "audit_seals", "update audit_seals set day = %s where number = 2", TODAY)
    assert await found(office) == Finding(what="a seal was changed", seal=2)
    await tamper(office, "audit_seals", "update audit_seals set heads = '{}' where number = 1")
    assert await found(office) == Finding(what="a seal was changed", seal=1)
    await tamper(office, "audit_seals", "delete from audit_seals where number = 1")
    assert await found(office) == Finding(what="a seal is missing", seal=1)


async def test_a_day_is_sealed_once_unless_chains_grow(office: Office) -> None:
    await office.visit()
    assert await seal(office.pool, TODAY) == 1
    assert await seal(office.pool, TODAY) == 1
    await write(office)
    assert await seal(office.pool, TODAY) == 2
    assert await seal(office.pool, TODAY) == 2
    assert await seal(office.pool, TOMORROW) == 3
    assert await seal(office.pool, TODAY) == 2
    heads = [row["heads"] for row in await office.rows("select heads from audit_seals order by number")]
    assert [len(sealed) for sealed in heads] == [2, 1, 0]
    assert await verify(office.pool) is None


async def test_seals_made_at_once_follow_each_other(office: Office) -> None:
    await office.visit()
    numbers = await asyncio.gather(*(seal(office.pool, TODAY) for _ in range(5)))
    assert set(numbers) == {1}
    assert await verify(office.pool) is None


async def test_writing_goes_on_while_it_is_verified(office: Office) -> None:
    await asyncio.gather(*(write(office) for _ in range(10)), verify(office.pool, page=1))
    assert await verify(office.pool) is None
