"""Who sends messages past the API."""

import pytest

from tests.clinic import WholeClinic
from tests.workflow.messages import Post


@pytest.fixture
def post(open_clinic: WholeClinic) -> Post:
    return Post(open_clinic)
