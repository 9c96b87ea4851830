"""A clinic with phones around it, and patients who are to come again."""

from collections.abc import AsyncIterator

import pytest

from tests.afterwards.later import Later
from tests.afterwards.recalling import Recalls
from tests.messages.conftest import PostOffice
from tests.messages.conftest import closed_post_office as closed_post_office


@pytest.fixture
async def bare(closed_post_office: PostOffice) -> Later:
    """Without a worker."""
    return Later(closed_post_office)


@pytest.fixture
async def later(closed_post_office: PostOffice) -> AsyncIterator[Later]:
    async with closed_post_office.clinic.worker():
        yield Later(closed_post_office)
        await closed_post_office.sandbox.mend("sms")
        await closed_post_office.clinic.rows("delete from services")


@pytest.fixture
def recalls(later: Later) -> Recalls:
    return Recalls(later.post_office)
