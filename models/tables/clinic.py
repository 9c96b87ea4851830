"""The facility, its people, its lists and its numbers."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class FacilityRow(Base):
    __tablename__ = "facilities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="Africa/Nairobi")


class UserRow(Base):
    """A member of staff. `credentials` grows when password, roles or standing change: older tokens end with it.

    `registration_number`: as the regulator of the profession (KMPDC, COC, NCK, PPB) wrote it; payers ask for it.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    user_name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    registration_number: Mapped[str | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    credentials: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SignInFailureRow(Base):
    """A failed sign-in, kept to slow down guessing. The name is kept as a hash: a mistyped one may be a password."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_hash: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class PriceRow(Base):
    __tablename__ = "prices"
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        Index("prices_facility_id_lower_code_key", "facility_id", text("lower(code)"), unique=True),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    code: Mapped[str]
    name: Mapped[str]
    amount: Mapped[Decimal]


class Listed(Base):
    """One entry of a list that a service chooses from; its price is the price list's line of the same code."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]


class VaccineRow(Listed):
    """`is_kepi`: given free of charge under the Kenya Expanded Programme on Immunization."""

    __tablename__ = "vaccines"
    __table_args__ = (UniqueConstraint("facility_id", "code"),)

    is_kepi: Mapped[bool]


class FamilyPlanningMethodRow(Listed):
    __tablename__ = "family_planning_methods"
    __table_args__ = (UniqueConstraint("facility_id", "code"),)


class MchServiceRow(Listed):
    __tablename__ = "mch_services"
    __table_args__ = (UniqueConstraint("facility_id", "code"),)


class NumberRow(Base):
    """The last number given of a facility's series."""

    __tablename__ = "numbers"

    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"), primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]
