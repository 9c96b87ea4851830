"""Nothing about claims is left without a step, a word or a line in the documentation."""

from pathlib import Path

import pytest

from models.claim_actions import CONSENTS
from models.claim_words import ASKINGS, PAYERS, TASK_OF
from models.claims import ENDED, ClaimStatus, Gateway, Phase
from workflows.claim import STEPS

PAGE = (Path(__file__).parents[2] / "docs" / "claims.md").read_text()
OURS_ALONE = {Phase.DRAFT, Phase.UNKNOWN}


@pytest.mark.parametrize("status", ClaimStatus)
def test_every_status_has_a_step_or_is_an_end_and_stands_in_the_documentation(status: ClaimStatus) -> None:
    assert (status in STEPS) is (status not in ENDED)
    assert status in PAGE


def test_every_word_of_a_payer_is_a_status_of_ours() -> None:
    assert {str(phase) for phase in Phase if phase not in OURS_ALONE} <= {str(status) for status in ClaimStatus}


def test_every_gateway_says_which_codes_it_wants_and_how_it_is_called() -> None:
    assert set(CONSENTS) == set(PAYERS) == set(Gateway)


def test_every_status_that_waits_for_a_clerk_has_a_task_in_words() -> None:
    assert set(TASK_OF.values()) <= set(ASKINGS)
    assert all(asking.words and asking.within.total_seconds() > 0 for asking in ASKINGS.values())
