"""The database: reading through SQLAlchemy, writing through psycopg's pipeline, and migrations."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from alembic import command as alembic
from alembic.config import Config
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from integrations.settings import Settings, libpq_url
from models.tables import Base

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
ROOT = Path(__file__).parent.parent
RECONNECT_SECONDS = 5.0


def writing_pool(settings: Settings, size: int = 16) -> Pool:
    """Connections to write with; opened by its `async with`. Broken ones are found out when taken.

    The pauses between attempts to reconnect double without bound: left alone, an outage of ten minutes would be
    followed by up to ten more. So an attempt is given up after a few seconds, and a new one begins, for ever.
    """
    return AsyncConnectionPool(
        libpq_url(settings.database),
        min_size=2,
        max_size=size,
        open=False,
        check=AsyncConnectionPool.check_connection,
        reconnect_timeout=RECONNECT_SECONDS,
        reconnect_failed=AsyncConnectionPool.check,
        timeout=2,
        kwargs={"row_factory": dict_row, "autocommit": True, "prepare_threshold": 3, "connect_timeout": 3},
    )


def reading_engine(settings: Settings) -> AsyncEngine:
    """Where the API reads: the server itself refuses any write on these connections."""
    return create_async_engine(
        settings.reading_database,
        pool_size=10,
        max_overflow=10,
        pool_timeout=3,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        connect_args={"options": "-c default_transaction_read_only=on", "connect_timeout": 3},
    )


@cache
def json_columns(table: type[Base]) -> frozenset[str]:
    return frozenset(c.name for c in table.__table__.columns if isinstance(c.type, JSONB))


@cache
def insert_text(table: type[Base], columns: tuple[str, ...]) -> str:
    named = ", ".join(f'"{name}"' for name in columns)
    given = ", ".join(f"%({name})s" for name in columns)
    return f"insert into {table.__tablename__} ({named}) values ({given})"


def parameters(table: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as psycopg takes them, JSON columns wrapped."""
    wrapped = json_columns(table)
    return {name: as_json(v) if name in wrapped and v is not None else v for name, v in values.items()}


def as_json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=to_json)


def inserting(table: type[Base], values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An INSERT for a psycopg cursor, from column names and plain values."""
    return insert_text(table, tuple(values)), parameters(table, values)


def updating(table: type[Base], values: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    """An UPDATE for a psycopg cursor; `where` is SQL that may name further parameters."""
    sets = ", ".join(f'"{name}" = %({name})s' for name in values)
    return f"update {table.__tablename__} set {sets} where {where}", parameters(table, values)


def migrations(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def migrate(settings: Settings, to: str = "head") -> None:
    """Bring the database to a revision, `head` by default."""
    alembic.upgrade(migrations(settings.database), to)
