"""The tables are what the classes say, on the way up and on the way down."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from alembic import command

from integrations.database import migrations
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.settings import libpq_url


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="njia-migrations-"))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder, folder / "socket")
    await postgres.start()
    yield postgres.url
    await postgres.remove()
    shutil.rmtree(folder)


def relations(url: str) -> set[str]:
    with psycopg.connect(libpq_url(url)) as db:
        found = db.execute("select relname from pg_class where relnamespace = 'public'::regnamespace")
        return {row[0] for row in found}


async def test_migrations_go_up_match_the_classes_go_down_and_up_again(url: str) -> None:
    config = migrations(url)
    await asyncio.to_thread(command.upgrade, config, "head")
    await asyncio.to_thread(command.check, config)
    whole = relations(url)
    await asyncio.to_thread(command.downgrade, config, "base")
    assert relations(url) == {"alembic_version", "alembic_version_pkc"}
    await asyncio.to_thread(command.upgrade, config, "head")
    assert relations(url) == whole


async def test_what_the_audit_says_cannot_be_changed_or_removed(url: str) -> None:
    await asyncio.to_thread(command.upgrade, migrations(url), "head")
    with psycopg.connect(libpq_url(url), autocommit=True) as db:
        db.execute(
            "insert into audit_seals (number, day, heads, previous_digest, digest) "
            "values (1, '2026-01-01', '{}', '', '')"
        )
        for change in (
            "update audit_seals set digest = 'x'",
            "delete from audit_seals",
            "truncate audit_seals",
            "truncate audit_logs",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                db.execute(change)
