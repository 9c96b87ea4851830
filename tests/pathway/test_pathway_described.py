"""`docs/pathway.md` says what the code does: who may do what, and which states lead to which."""

import re
import typing
from pathlib import Path

import pytest

from models.actions import AnyVisitAction, OpenVisit, ReceiveEmergency, RegisterNewborn, RegisterPatient, VisitAction
from models.actions.base import Action
from models.staff import Role

TEXT = (Path(__file__).parents[2] / "docs" / "pathway.md").read_text()
ARRIVALS: tuple[type[Action], ...] = (RegisterPatient, OpenVisit, ReceiveEmergency, RegisterNewborn)
ACTIONS = {str(action.model_fields["kind"].default): action for action in (*ARRIVALS, *typing.get_args(VisitAction))}
ROW = re.compile(r"^\| `(\w+)`.*?\| (.*) \|$", re.MULTILINE)
NAMES_OF_STATES = {"pending", "judged", "refused", "observed", "free"}


def described() -> dict[str, set[str]]:
    """By action: every word in capitals of its line that is a role."""
    roles = set(Role)
    return {
        kind: {word for word in re.findall(r"[A-Z_]+", who) if word in roles}
        for kind, who in ROW.findall(TEXT)
        if kind in ACTIONS or not kind.isupper()
    }


def test_every_action_is_described_and_nothing_else() -> None:
    assert set(described()) == set(ACTIONS)
    assert AnyVisitAction is not None


@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_who_may_do_it_is_who_the_code_lets(kind: str) -> None:
    assert described()[kind] == set(ACTIONS[kind].roles)
