"""What an operator reads and installs agrees with the code."""

import re

import pytest

from integrations.settings import Settings
from tests.house.traces import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_has_its_line(field: str) -> None:
    assert f"| `NJIA_{field.upper()}` |" in PAGE


def test_the_page_invents_no_setting() -> None:
    named = set(re.findall(r"\| `NJIA_(\w+)` \|", PAGE))
    assert named == {field.upper() for field in Settings.model_fields}


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "temporalio==" in lock
    assert lock.count("--hash=sha256:") > 100
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock
