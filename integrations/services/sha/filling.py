"""What must change over there so that the claim says what our form says. Pure: it reads, and names the changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from integrations.services.outside import SaidNo
from integrations.services.sha.answers import InvoiceLine, VirtualClaim
from integrations.services.sha.requests import SERVICE, Billed, billed, services_of
from integrations.services.sha.statuses import TAKEN_BACK
from models.claims import ClaimForm

Pair = tuple[str, str]


@dataclass
class Changes:
    """In the order in which they are made: first out, then in."""

    remove_lines: list[str] = field(default_factory=list)
    remove_diagnoses: list[Pair] = field(default_factory=list)
    switch: list[Pair] = field(default_factory=list)
    retire: list[str] = field(default_factory=list)
    restore: list[str] = field(default_factory=list)
    add: list[str] = field(default_factory=list)
    add_diagnoses: list[Pair] = field(default_factory=list)
    edit_lines: list[tuple[str, Billed]] = field(default_factory=list)
    add_lines: list[Billed] = field(default_factory=list)
    add_doctor: bool = False


def changes(form: ClaimForm, claim: VirtualClaim) -> Changes:
    """SaidNo: something is missing that only a person can add."""
    needed = Changes(add_doctor=bool(form.practitioner) and not claim.doctors)
    lines(needed, billed(form), claim)
    interventions(needed, services_of(form), claim)
    diagnoses(needed, form, claim)
    return needed


def lines(needed: Changes, wanted: Sequence[Billed], claim: VirtualClaim) -> None:
    """Lines carry no name of ours: they are known by what they bill, and when, where the moment came back as it was
    sent. A claim that was taken back is edited in place."""
    left, surplus = list(wanted), claim.lines
    for same in (is_same, bills_the_same):
        surplus = [line for line in surplus if not matched(line, left, same)]
    if claim.state in TAKEN_BACK:
        surplus, left = edited(needed, surplus, left)
    needed.remove_lines = [line.id for line in surplus]
    needed.add_lines = left


def matched(line: InvoiceLine, left: list[Billed], same: Callable[[InvoiceLine, Billed], bool]) -> bool:
    """Whether one of those that are left is this line; it is then left no more."""
    found = next((wanted for wanted in left if same(line, wanted)), None)
    if found is not None:
        left.remove(found)
    return found is not None


def bills_the_same(line: InvoiceLine, wanted: Billed) -> bool:
    return line.code == wanted.service and line.unit_price == wanted.unit_price and line.quantity == wanted.quantity


def is_same(line: InvoiceLine, wanted: Billed) -> bool:
    return line.charge_date == wanted.at and bills_the_same(line, wanted)


def edited(
    needed: Changes, surplus: Sequence[InvoiceLine], left: Sequence[Billed]
) -> tuple[list[InvoiceLine], list[Billed]]:
    """Turn lines that are too much into such of the same intervention that are missing."""
    spare, missing = list(surplus), list[Billed]()
    for line in left:
        fitting = next((old for old in spare if old.code == line.service), None)
        if fitting is None:
            missing.append(line)
        else:
            spare.remove(fitting)
            needed.edit_lines.append((fitting.id, line))
    return spare, missing


def interventions(needed: Changes, wanted: Sequence[str], claim: VirtualClaim) -> None:
    """One that is too much is exchanged for one that is missing where there are both: the first sets the context, and
    a claim without any has none."""
    active = [one.code for one in claim.interventions if one.state != "INACTIVE"]
    retired = {one.code for one in claim.interventions} - set(active)
    missing = [code for code in wanted if code not in active]
    surplus = [code for code in active if code not in wanted]
    fresh = [code for code in missing if code not in retired]
    needed.switch = list(zip(surplus, fresh, strict=False))
    needed.retire = surplus[len(needed.switch) :]
    needed.add = fresh[len(needed.switch) :]
    needed.restore = [code for code in missing if code in retired]


def diagnoses(needed: Changes, form: ClaimForm, claim: VirtualClaim) -> None:
    """Every diagnosis is linked to every intervention: each must be justified."""
    if any(not diagnosis.icd11 for diagnosis in form.diagnoses):
        raise SaidNo(SERVICE, "no-icd11", "A diagnosis has no ICD-11 code.")
    codes, services = [diagnosis.icd11 for diagnosis in form.diagnoses], services_of(form)
    wanted = dict.fromkeys((code, service) for code in codes for service in services)
    there = dict.fromkeys(
        (one.code, service)
        for one in claim.diagnoses
        for service in ((one.intervention,) if one.intervention else services)
    )
    needed.add_diagnoses = [pair for pair in wanted if pair not in there]
    needed.remove_diagnoses = [pair for pair in there if pair not in wanted]
