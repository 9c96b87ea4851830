"""Which actions move a visit from which status to which: found by walking at random through the rules."""

from collections.abc import Set
from random import Random

from models.staff import Role
from tests.pathway.desk import Desk, registered
from tests.pathway.forms import FORMS, Choice, next_form
from tests.pathway.machine import Notebook, beside_another, registered_twice
from tests.pathway.paper import BATCHES, Paper
from tests.pathway.people import STAFF

Move = tuple[str, str, str]
"""Status, the action's kind, the status that follows."""
STEPS = 30


class Walker(Notebook):
    """One visit whose way chance decides; `moves`: what changed its status."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.desk: Desk = registered()
        self.paper, self.ids = Paper(), []
        beside_another(self.desk)
        registered_twice(self.desk, self.paper)
        for code, batches in BATCHES.items():
            self.desk.shelf.receive(code, *batches)
        self.moves: set[Move] = {("[*]", "register_patient", str(self.visit.status))}

    def walk(self) -> set[Move]:
        for _ in range(STEPS):
            self.step(self.random.choice([*FORMS, "go on", "go on", "go on"]))
        return self.moves

    def step(self, what: str) -> None:
        at = Choice(self.paper, self.ids, self.random.randrange(60))
        if what == "go on":
            who, action = next_form(at)
        else:
            likely, form = FORMS[what]
            chosen = self.random.choice(likely)
            who, action = STAFF[chosen] if isinstance(chosen, Role) else chosen, form(at)
        before = self.visit.status
        self.act(who, action)
        if self.visit.status is not before:
            self.moves.add((before, action.kind, self.visit.status))


def walked(until: Set[Move], walks: int) -> set[Move]:
    """Every move of so many walks, or of as many as it takes to see all of these."""
    seen: set[Move] = set()
    for number in range(walks):
        seen |= Walker(Random(number)).walk()
        if until and until <= seen and number > walks // 10:
            break
    return seen
