"""Which actions move a visit from which status to which: found by walking at random through the rules."""

from collections.abc import Set
from datetime import timedelta
from random import Random

from models.actions import Action
from models.staff import Person, Role
from tests.pathway.desk import Desk, registered
from tests.pathway.forms import FORMS, Choice, next_form
from tests.pathway.machine import Notebook, beside_another, registered_twice
from tests.pathway.paper import BATCHES, Paper
from tests.pathway.people import STAFF
from tests.pathway.verdicts import verdict

Move = tuple[str, str, str]
"""Status, the action's kind, the status that follows."""
STEPS = 45
AGAIN = 6
LIKELY = (*["go on"] * 5, "take in", "refer", "care for mother")
"""What walks take more often than the rest: they come further by it, and see its rare sequels."""

SELDOM_POSSIBLE = (*["decide waiver", "take in", "correct test"] * 3, "encounter", "reopen")
"""Thought of more often, for it is mostly refused."""

BACK = ("reopen", "patient returns", "undo death")


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
            self.step()
        return self.moves

    def choices(self) -> list[str]:
        """A visit that is over comes back, now and then; who waits for results alone may go without them."""
        if self.paper.ended:
            return [*FORMS, *BACK * 4]
        only_results = {work.kind for work in self.paper.work.values()} == {"LAB_REQUEST"} and self.paper.owed <= 0
        more = ["discharge", "cancel order"] * (8 if only_results else 0)
        return [*FORMS, *LIKELY, *SELDOM_POSSIBLE, *more]

    def tried(self) -> tuple[Person, Action]:
        what = self.random.choice(self.choices())
        while what == "patient leaves" and self.random.randrange(3):  # else few walks would come to their end
            what = self.random.choice(self.choices())
        at = Choice(self.paper, self.ids, self.random.randrange(60))
        if what == "go on":
            return next_form(at)
        likely, form = FORMS[what]
        chosen = self.random.choice(likely)
        return STAFF[chosen] if isinstance(chosen, Role) else chosen, form(at)

    def step(self) -> None:
        """What is refused moves nothing, so something else is thought of, a few times."""
        self.paper.now = self.desk.now + timedelta(minutes=1)
        who, action = self.tried()
        for _ in range(AGAIN):
            if verdict(self.paper, action, who) is None:
                break
            who, action = self.tried()
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
