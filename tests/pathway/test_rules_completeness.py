"""Every action and every no is complete: roles, words, types and status."""

import importlib
import inspect
import pkgutil
import re
from typing import get_args

import pytest
from pydantic import TypeAdapter

from models import actions, problems
from models.actions import Action, AnyAction
from models.catalogue import Resource
from models.problems import Missing, Problem, Refused, invalid
from models.staff import Role

CLASSES = {name: made for name, made in vars(actions).items() if isinstance(made, type) and issubclass(made, Action)}
CONCRETE = [made for made in CLASSES.values() if made is not Action]


def every_action() -> set[type[Action]]:
    """Every class of `models.actions` that is an action, whether it is exported or not."""
    modules = [
        importlib.import_module(found.name) for found in pkgutil.iter_modules(actions.__path__, "models.actions.")
    ]
    made = [value for module in modules for value in vars(module).values()]
    return {value for value in made if isinstance(value, type) and issubclass(value, Action)}


def test_every_action_is_in_the_union() -> None:
    union = set(get_args(get_args(AnyAction)[0]))
    concrete = {made for made in every_action() if not inspect.isabstract(made) and "kind" in made.__annotations__}
    assert union == concrete == set(CONCRETE)


@pytest.mark.parametrize("made", CONCRETE, ids=lambda made: made.__name__)
def test_every_action_says_who_may_what_it_is_about_and_how_it_is_told(made: type[Action]) -> None:
    assert bool(made.roles) is not made.by_the_clinic
    assert made.roles <= set(Role)
    assert made.resource in Resource
    assert made.writes in ("CREATE", "UPDATE")
    assert re.fullmatch(r"[A-Z][A-Za-z -]+", made.said)
    assert made.__doc__
    kind = made.model_fields["kind"].default
    assert re.fullmatch(r"[a-z_]+", kind)
    assert get_args(made.model_fields["kind"].annotation) == (kind,)


def test_kinds_are_told_apart_and_unknown_ones_refused() -> None:
    kinds = [made.model_fields["kind"].default for made in CONCRETE]
    assert len(set(kinds)) == len(kinds)
    with pytest.raises(ValueError, match="kind"):
        TypeAdapter(AnyAction).validate_python({"kind": "heal"})


@pytest.mark.parametrize("made", CONCRETE, ids=lambda made: made.__name__)
def test_unknown_fields_are_refused_not_ignored(made: type[Action]) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        made.model_validate({"colour": "blue"})


STATUS = {
    "WrongStage": ("/problems/wrong-stage", 409),
    "OutstandingWork": ("/problems/outstanding-work", 409),
    "VisitClosed": ("/problems/visit-closed", 409),
    "AlreadyDone": ("/problems/already-done", 409),
    "DuplicatePatient": ("/problems/duplicate-patient", 409),
    "Conflict": ("/problems/conflict", 409),
    "UnsafeMedication": ("/problems/medication-warning", 409),
    "OutOfStock": ("/problems/out-of-stock", 409),
    "NotSignedIn": ("/problems/not-signed-in", 401),
    "NotYourRole": ("/problems/not-your-role", 403),
    "NotFound": ("/problems/not-found", 404),
    "Invalid": ("/problems/invalid", 422),
    "KeyReused": ("/problems/key-reused", 422),
    "TooMany": ("/problems/too-many", 429),
    "Unavailable": ("/problems/unavailable", 503),
    "Unexpected": ("/problems/unexpected", 500),
}


@pytest.mark.parametrize("name", STATUS)
def test_every_no_has_its_type_status_and_title(name: str) -> None:
    made: type[Refused] = getattr(problems, name)
    problem = made("Why, and what to do.", missing=[Missing(what="triage", roles=(Role.TRIAGE_NURSE,))]).problem
    assert (problem.type, problem.status) == STATUS[name]
    assert problem.title
    assert problem.detail == "Why, and what to do."
    assert Problem.model_validate_json(problem.model_dump_json()) == problem


def test_no_other_no_exists() -> None:
    made = [value for value in vars(problems).values() if isinstance(value, type) and issubclass(value, Refused)]
    assert {value.__name__ for value in made} == {*STATUS, "Refused"}


def test_a_wrong_field_is_named_with_its_reason() -> None:
    problem = invalid("amount", "is too much").problem
    assert [(e.field, e.reason) for e in problem.errors] == [("amount", "is too much")]
    assert problem.status == 422
