"""One patient with one story: everything that chance decides is drawn here, before anybody walks."""

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from demo.people import Payer, Person, Town, deal
from demo.steps import AskBack, Discharge, Triage
from demo.stories import STORIES
from demo.story import Story
from demo.vitals import VitalSigns, vital_signs


@dataclass(frozen=True, slots=True)
class Journey:
    person: Person
    age: int
    story: Story
    vital_signs: VitalSigns


def journeys(count: int, seed: int, today: date) -> list[Journey]:
    """`count` journeys, the same for the same seed and day; every story comes once before one comes twice."""
    random = Random(seed)
    town = Town(random, today)
    stories = deal(STORIES, random)
    return [journey(next(stories), town, today, random) for _ in range(count)]


def journey(story: Story, town: Town, today: date, random: Random) -> Journey:
    person = town.invent(story.profile)
    age = person.age_on(today)
    months = (today - person.born).days // 30
    triage = next(step for step in story.steps if isinstance(step, Triage))
    return Journey(person, age, story, vital_signs(age, months, triage.condition, random))


def in_quiet(journey: Journey) -> Journey:
    """The same patient where services are real: pays cash, is written to by nobody, and is asked back by nobody."""
    steps = tuple(
        replace(step, follow_up_days=None) if isinstance(step, Discharge) else step
        for step in journey.story.steps
        if not isinstance(step, AskBack)
    )
    person = replace(journey.person, payer=Payer("CASH"), email=None)
    return replace(journey, person=person, story=replace(journey.story, steps=steps))
