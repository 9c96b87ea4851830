"""`docs/pathway.md` says what the code does: who may do what, and which states lead to which."""

import re
import typing
from pathlib import Path

import pytest

from models.actions import OpenVisit, ReceiveEmergency, RegisterNewborn, RegisterPatient, VisitAction
from models.actions.base import Action
from models.staff import Role
from models.status import Status
from tests.pathway.moves import Move, walked

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("pathway.md", "care.md", "putting-right.md", "entered-in-error.md", "queues.md", "leaving.md", "money.md")
TEXT = "\n".join((DOCS / name).read_text() for name in NAMES)
ARRIVALS: tuple[type[Action], ...] = (RegisterPatient, OpenVisit, ReceiveEmergency, RegisterNewborn)
ACTIONS = {str(action.model_fields["kind"].default): action for action in (*ARRIVALS, *typing.get_args(VisitAction))}
TABLES = re.compile(r"^\| Action \| Who \|\n\|[-|]+\n((?:\|.*\|\n)+)", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)`.*?\| (.*) \|$", re.MULTILINE)
DRAWING = re.search(r"## How a visit moves\n.*?```mermaid\nstateDiagram-v2\n(.*?)```", TEXT, re.DOTALL)
LINE = re.compile(r"^ +(\S+) --> (\S+): (.+)$", re.MULTILINE)
STATES = re.search(r"\| Status \| Means \| Waits at \|\n\|[-|]+\n(.*?)\n\n", TEXT, re.DOTALL)
WALKS = 6000


def described() -> dict[str, set[str]]:
    """By action: every word of its line that is a role."""
    rows = [row for table in TABLES.findall(TEXT) for row in ROW.findall(table)]
    return {kind: {word for word in re.findall(r"[A-Z_]+", who) if word in set(Role)} for kind, who in rows}


def test_every_action_is_described_and_nothing_else() -> None:
    assert set(described()) == set(ACTIONS)


@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_who_may_do_it_is_who_the_code_lets(kind: str) -> None:
    assert described()[kind] == set(ACTIONS[kind].roles)


def drawn() -> set[Move]:
    assert DRAWING
    return {
        (before, kind, after)
        for before, after, kinds in LINE.findall(DRAWING[1])
        for kind in kinds.replace("<br>", " ").replace(",", " ").split()
    }


def test_every_status_is_described() -> None:
    assert STATES
    named = [word for line in STATES[1].splitlines() for word in line.split("|")[1].replace(",", " ").split()]
    assert sorted(named) == sorted(Status)


def test_what_is_drawn_are_the_moves_that_there_are() -> None:
    """Found by chance, but always the same chance: the walks are numbered."""
    moves = walked(drawn(), WALKS)
    assert sorted(moves - drawn()) == [], "these moves are not drawn"
    assert sorted(drawn() - moves) == [], "these moves are drawn, and nobody made them"
