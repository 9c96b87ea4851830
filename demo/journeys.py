"""One patient with one story: everything that chance decides is drawn here, before anybody walks."""

from dataclasses import dataclass
from datetime import date
from random import Random

from demo.people import Person, Town, deal
from demo.steps import Triage
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
