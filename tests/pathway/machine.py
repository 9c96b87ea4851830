"""One visit held against the notes on paper: what is checked at each command, and what must always hold."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis.stateful import RuleBasedStateMachine, invariant

from models.actions import Action, Change, EnterInError
from models.catalogue import Known, Resource
from models.command import Command, accept, refuse
from models.deadlines import Step
from models.next_steps import next_steps
from models.paying import PaymentStatus
from models.problems import Problem, Refused
from models.reconciliation_clocks import standing_findings
from models.reconciliation_gates import closed_findings
from models.staff import SERVES, Person, Role, Station
from models.status import Status
from models.visit import Visit
from models.visit_summary import summary
from models.words import details, next_step
from tests.pathway.desk import Desk
from tests.pathway.paper import Paper
from tests.pathway.people import FACILITY, NAMES
from tests.pathway.rewriting import line_of, rewritten
from tests.pathway.verdicts import FOREIGN, UNKNOWN, verdict

OF_ANOTHER = (
    Resource.ENCOUNTER,
    Resource.LAB_REQUEST,
    Resource.PRESCRIPTION,
    Resource.MEDICATION_DISPENSE,
    Resource.PAYMENT,
    Resource.IMMUNIZATION,
    Resource.ALLERGY,
    Resource.REFERRAL,
)
"""What another patient's visit has, too."""


def beside_another(desk: Desk) -> None:
    """The desk knows another patient's records, too."""
    for resource in OF_ANOTHER:
        desk.shelf.rows[resource, FOREIGN] = {
            "facility_id": FACILITY,
            "visit_id": UNKNOWN,
            "patient_id": UNKNOWN,
            "status": "PENDING",
            "batches": [],
        }


def registered_twice(desk: Desk, paper: Paper) -> None:
    """There is a second registration, to which the visit may turn out to belong."""
    first, other = desk.visit.patient_id, uuid5(NAMES, "another patient")
    desk.shelf.rows[Resource.PATIENT, other] = desk.shelf.rows[Resource.PATIENT, first] | {"id": other, "age": 31}
    paper.whose, paper.people = first, (first, other)


class Notebook(RuleBasedStateMachine):
    """A visit at a desk, and the notes of it. Rules that send commands stand in the class below."""

    desk: Desk
    paper: Paper
    ids: list[UUID]

    def act(self, who: Person, action: Action) -> None:
        """Send it; whatever comes of it must be what the paper says."""
        self.paper.now = self.desk.now + timedelta(minutes=1)
        expected = verdict(self.paper, action, who)
        before, stage, waits, work = self.visit, self.paper.stage, self.paper.waits, dict(self.paper.work)
        command = self.desk.command(who, action)
        known = self.desk.shelf.known(command)
        early = decided(before, command, None)[1]
        change, problem = decided(before, command, known)
        assert (problem and problem.type) == (expected and f"/problems/{expected}"), (action.kind, problem)
        assert early in (None, problem)
        assert (change, problem) == decided(before, command, known), "the same question got two answers"
        if change is None:
            return
        self.keep(change, who, action, command.id)
        self.check_events(change, stage, waits, work)
        self.check_times(before, command.at)

    def keep(self, change: Change, who: Person, action: Action, id: UUID) -> None:
        self.desk.shelf.keep(change, id)
        self.desk.current = change.visit
        reviews = [order.id for order in change.visit.open_orders if order.kind == "REVIEW"]
        untold = {one.obligation_id: one.lab_request_id for one in change.visit.untold}
        owed = {id: test for id, test in untold.items() if id not in self.paper.untold}
        if isinstance(action, EnterInError):
            line = line_of(self.paper, action, who, id, self.paper.now, owed)
            self.paper = rewritten(self.paper, line, change.visit)
        else:
            self.paper.note(action, who, id, reviews[0] if reviews else None, owed)
        self.ids.append(id)

    def check_events(self, change: Change, stage: str, waits: set[Station], work: dict[UUID, Any]) -> None:
        """The boards hear each order that opened or closed, and a move where there was one; each once."""
        told = [(event.kind, event.payload, event.audience) for event in change.events]
        for kind, ids in (
            ("order:opened", self.paper.work.keys() - work.keys()),
            ("order:closed", work.keys() - self.paper.work.keys()),
        ):
            heard = [(payload, audience) for k, payload, audience in told if k == kind]
            all_work = work | self.paper.work
            assert {payload["orderId"] for payload, _ in heard} == ids
            assert len(heard) == len(ids)
            for payload, audience in heard:
                order = all_work[payload["orderId"]]
                assert (payload["kind"], payload["station"]) == (order.kind, order.station)
                assert audience == (SERVES[order.station],)
        moves = [payload for kind, payload, _ in told if kind == "visit:status_changed"]
        moved = (stage, waits) != (self.paper.stage, self.paper.waits)
        assert [(m["status"], set(m["waitingAt"])) for m in moves] == [(self.paper.stage, self.paper.waits)] * moved

    def check_times(self, before: Visit, at: datetime) -> None:
        """A wait, and a stage, began when it began: what goes on keeps its start."""
        since = {wait.station: wait.since for wait in before.waiting}
        assert all(wait.since == since.get(wait.station, at) for wait in self.visit.waiting)
        assert self.visit.stage_since == (before.stage_since if self.visit.status is before.status else at)

    @property
    def visit(self) -> Visit:
        return self.desk.visit

    def pick(self, which: int, *first: UUID) -> UUID:
        """One of the ids there are; those that fit best come first."""
        ids = [*first, *self.ids] if which % 4 == 0 or not first else list(first)
        return ids[which % len(ids)]

    @invariant()
    def nothing_is_lost(self) -> None:
        orders = {
            order.id: (order.kind, order.station, order.person_id, order.quantity, order.dispensed)
            for order in self.visit.open_orders
        }
        noted = {id: (w.kind, w.station, w.person, w.pieces, w.given) for id, w in self.paper.work.items()}
        assert orders == noted
        assert len(orders) == len(self.visit.open_orders)

    @invariant()
    def what_is_owed_is_remembered(self) -> None:
        owed = {one.order.id: (one.pieces, one.obligation_id) for one in self.visit.owed_drugs}
        assert {id: pieces for id, (pieces, _) in owed.items()} == {id: w.rest for id, w in self.paper.debts.items()}
        debts = {
            row["prescription_id"]: (row["quantity"], id)
            for (resource, id), row in self.desk.shelf.rows.items()
            if resource is Resource.OBLIGATION and row["kind"] == "DRUGS_OWED" and row["status"] == "OPEN"
        }
        assert debts == owed

    @invariant()
    def every_piece_is_accounted_for(self) -> None:
        """What was received is on the shelf or was handed out; no batch is below nothing, no expired one touched."""
        shelf = self.desk.shelf
        there = {code: {b.batch_number: b.on_hand for b in batches} for code, batches in shelf.batches.items()}
        assert there == self.paper.shelf
        for batches in shelf.batches.values():
            for batch in batches:
                assert batch.on_hand == sum(move.quantity for move in shelf.ledger if move.batch_id == batch.id) >= 0
        handed = [row for (resource, _), row in shelf.rows.items() if resource is Resource.MEDICATION_DISPENSE]
        taken = sum(one["quantity"] for row in handed for one in row["batches"])
        assert taken == -sum(move.quantity for move in shelf.ledger if move.kind == "DISPENSED")
        back = sum(one["quantity"] for row in handed if row.get("entered_in_error_at") for one in row["batches"])
        assert back == sum(move.quantity for move in shelf.ledger if move.kind == "RETURNED")

    @invariant()
    def no_money_appears_or_disappears(self) -> None:
        visit, paper = self.visit, self.paper
        assert visit.total_amount == paper.total == self.desk.shelf.total
        assert (visit.amount_paid, visit.amount_covered, visit.amount_waived) == (
            paper.paid,
            paper.covered,
            paper.waived,
        )
        assert (visit.amount_refunded, visit.amount_deposited) == (paper.refunded, paper.deposited)
        assert visit.balance == paper.owed
        assert -visit.balance <= paper.taken_back + paper.unasked, (
            "only what was cancelled or came unasked is owed back"
        )
        assert visit.amount_pending == paper.awaited >= 0
        kept = {id: row for (resource, id), row in self.desk.shelf.rows.items() if resource is Resource.PAYMENT}
        assert {id: row["status"] for id, row in kept.items() if id != FOREIGN} == paper.moneys
        assert paper.paid == sum(r["amount"] for id, r in kept.items() if paper.moneys.get(id) == "COMPLETED")
        is_unpaid = paper.paid == paper.refunded
        assert visit.payment_status == (
            (PaymentStatus.PARTIAL if paper.settled else PaymentStatus.UNPAID)
            if paper.owed > 0
            else PaymentStatus.COVERED
            if paper.covered and is_unpaid
            else PaymentStatus.WAIVED
            if paper.waived and is_unpaid
            else PaymentStatus.PAID
        )

    @invariant()
    def every_bill_adds_up(self) -> None:
        """Billed and held are what was paid and not given back, waived, covered and is owed; nothing is below zero."""
        visit = self.visit
        net = visit.amount_paid - visit.amount_refunded
        parts = (visit.total_amount, visit.held, net, visit.amount_waived, visit.amount_covered, visit.owed)
        assert all(part >= 0 for part in (*parts, visit.amount_refunded, visit.amount_first, visit.refundable))
        assert visit.total_amount + visit.held == net + visit.amount_waived + visit.amount_covered + visit.owed
        assert not (visit.held and visit.owed)
        assert not (visit.held and visit.amount_waived), "nobody gets back what was waived"

    @invariant()
    def every_request_is_remembered(self) -> None:
        visit, paper, rows = self.visit, self.paper, self.desk.shelf.rows
        for resource, noted in ((Resource.WAIVER, paper.waivers), (Resource.REFUND, paper.refunds)):
            kept = {id: row["status"] for (kind, id), row in rows.items() if kind is resource}
            assert kept == {id: one.status for id, one in noted.items()}
        counted = {id: row["amount_counted"] for (kind, id), row in rows.items() if kind is Resource.WAIVER}
        assert counted == {id: one.counts for id, one in paper.waivers.items()}
        pending = [id for id, one in paper.waivers.items() if one.status == "PENDING"]
        assert [visit.pending_waiver.id] == pending if visit.pending_waiver else not pending
        under_way = [id for id, one in paper.refunds.items() if one.status in ("PENDING", "APPROVED")]
        assert [visit.refund.id] == under_way if visit.refund else not under_way
        assert sum(r["amount"] for (k, _), r in rows.items() if k is Resource.REFUND and r["status"] == "PAID") == (
            visit.amount_refunded
        )
        broken = {one.id: one.settled_at is not None for one in visit.bypasses if one.step == "PAYMENT"}
        assert broken == {id: glass.reviewed for id, glass in paper.glasses.items()}

    @invariant()
    def what_is_paid_first_waits_for_its_money(self) -> None:
        visit, paper = self.visit, self.paper
        waits = {str(order.id) for order in visit.open_orders if order.gated}
        waits |= {"None"} if visit.consultation_fee and visit.consultation_fee.gated else set()
        assert waits == paper.gated()
        assert visit.amount_first == sum(a for id, a in paper.charged.items() if id in paper.behind)
        assert visit.amount_first == sum(a for id, a in self.desk.shelf.charged.items() if id in visit.paid_first)
        if visit.is_gated:
            assert visit.triage_category != "EMERGENCY"
            assert Station.CASHIER in visit.waiting_at

    @invariant()
    def what_follows_is_derived_again(self) -> None:
        """Clocks and gates: `njia reconcile` finds nothing to say."""
        assert [*standing_findings(self.visit), *closed_findings(self.visit)] == []

    @invariant()
    def it_stands_where_the_notes_say(self) -> None:
        visit, paper = self.visit, self.paper
        assert visit.patient_id == paper.whose
        assert (visit.status, set(visit.waiting_at)) == (paper.stage, paper.waits)
        assert (visit.version, visit.provider_id) == (paper.accepted, paper.clinician)
        assert len(visit.waiting_at) == len(set(visit.waiting_at))
        assert (visit.completed_at is not None) == (paper.ended is not None)

    @invariant()
    def nobody_is_quietly_made_less_urgent(self) -> None:
        visit, paper = self.visit, self.paper
        assert (visit.triage_colour, visit.triage_incomplete) == (paper.colour, paper.half_measured)
        category = {"RED": "EMERGENCY", "GREEN": "NORMAL"}.get(paper.colour or "", "URGENT")
        assert visit.triage_category == (category if paper.triaged else None)
        waiting = visit.pending_retriage
        assert (waiting and (waiting.colour, waiting.by)) == paper.lower

    @invariant()
    def an_open_visit_waits_for_somebody(self) -> None:
        visit, paper = self.visit, self.paper
        if visit.end:
            assert not visit.waiting
            assert not visit.open_orders
            leaves_debts = paper.ended == "DECEASED" or paper.ended_by_mistake or paper.withdrawn or paper.went
            assert visit.balance <= 0 or leaves_debts, "only who died, left, or had another's payer leaves debts"
            return
        is_with_clinician = visit.status is Status.IN_CONSULTATION and visit.provider_id is not None
        assert visit.waiting or is_with_clinician or visit.status is Status.READY_FOR_DISCHARGE
        step = next_step(visit).lower()
        assert any(role.lower().replace("_", " ") in step for role in Role), step
        for station in visit.waiting_at:
            assert SERVES[station].lower().replace("_", " ") in step
        assert visit.chief_complaint not in details(visit)

    @invariant()
    def nobody_leaves_while_watched(self) -> None:
        visit, paper = self.visit, self.paper
        assert visit.observe_until == paper.watched
        if visit.status is Status.COMPLETED and not (paper.ended_by_mistake or paper.went):
            assert visit.completed_at is not None
            assert not visit.is_observed(visit.completed_at)

    @invariant()
    def results_are_read(self) -> None:
        """No result lies unread, unless another test is open or somebody is asked to read it."""
        reviews = self.paper.working("REVIEW")
        assert len(reviews) <= 1
        if self.visit.has_unread_results and not self.visit.end:
            assert reviews or self.paper.working("LAB_REQUEST")
        assert self.visit.has_unread_results == self.paper.unread

    @invariant()
    def nobody_who_has_left_is_forgotten(self) -> None:
        visit, paper = self.visit, self.paper
        assert {one.obligation_id: one.lab_request_id for one in visit.untold} == paper.untold
        assert {order.id for order in visit.awaited} == paper.to_follow
        assert not paper.to_follow or visit.end

    @invariant()
    def who_went_by_themselves_is_not_said_to_be_discharged(self) -> None:
        """And who may be in danger is called, as often as the policy wants."""
        visit, paper = self.visit, self.paper
        assert (visit.departure is not None) == (paper.went is not None)
        if visit.status is Status.LEFT_WITHOUT_BEING_SEEN:
            assert visit.departure is not None
            assert not visit.seen
            assert not visit.taken_in
        if visit.departure and paper.went:
            call = visit.departure.call_back
            assert (call is not None) == paper.went.is_called
            assert [one.outcome for one in (call.attempts if call else ())] == paper.went.calls
            assert 0 <= visit.departure.step_minutes <= visit.departure.waited_minutes
        assert visit.comes_back_unseen == paper.to_look_again
        left = [(former.end, former.departure.was_seen) for former in visit.undone_ends if former.departure]
        assert set(left) <= {(Status.LEFT_WITHOUT_BEING_SEEN, False), (Status.COMPLETED, True)}

    @invariant()
    def a_night_ends_when_something_happens(self) -> None:
        """Each night is one row with one task, and only the latest may still be open."""
        rows = [row for (kind, _), row in self.desk.shelf.rows.items() if kind is Resource.HANDOVER]
        tasks = [row for (kind, _), row in self.desk.shelf.rows.items() if kind is Resource.TASK]
        open_ones = [row["id"] for row in tasks if row.get("kind") == "HAND_OVER_VISIT" and row["status"] == "OPEN"]
        handover = self.visit.handover
        assert (handover and handover.day) == self.paper.handed_over
        assert open_ones == ([handover.task_id] if handover else [])
        assert len(rows) == self.paper.nights
        assert [row["id"] for row in rows if not row.get("settled_at")] == ([handover.id] if handover else [])

    @invariant()
    def what_was_undone_stays_readable(self) -> None:
        visit, paper = self.visit, self.paper
        assert (visit.death is not None) == (paper.ended == "DECEASED")
        assert (visit.discharge_notes is not None) == (paper.ended is not None)
        assert all(former.reason and former.notes for former in visit.undone_ends)
        rows = {id: row["status"] for (kind, id), row in self.desk.shelf.rows.items() if kind is Resource.APPOINTMENT}
        assert rows == paper.appointments
        owed = [row for (kind, _), row in self.desk.shelf.rows.items() if kind is Resource.OBLIGATION]
        results = [row["id"] for row in owed if row["status"] == "OPEN" and row["kind"] == "RESULT_TO_TELL"]
        assert set(results) == set(paper.untold)
        patients = [row for (kind, _), row in self.desk.shelf.rows.items() if kind is Resource.PATIENT]
        dead = [row["id"] for row in patients if row.get("deceased_at")]
        assert dead == ([visit.patient_id] if paper.ended == "DECEASED" else [])

    @invariant()
    def another_facility_is_asked_until_it_answers(self) -> None:
        waiting = {id for id, one in self.paper.referrals.items() if one.station is None and one.status == "PENDING"}
        assert set(self.visit.referred_out) == waiting
        owed = [row for (kind, _), row in self.desk.shelf.rows.items() if kind is Resource.OBLIGATION]
        asked = [row["referral_id"] for row in owed if row["referral_id"] and row["status"] == "OPEN"]
        assert set(asked) == waiting
        assert len(asked) == len(waiting)

    @invariant()
    def what_was_an_error_stays_readable_and_marked(self) -> None:
        for (_, id), row in self.desk.shelf.rows.items():
            assert (row.get("entered_in_error_at") is not None) == (id in self.paper.marked)
            assert id not in self.paper.marked or row["entered_in_error_reason"]

    @invariant()
    def a_critical_value_waits_until_it_is_heard(self) -> None:
        waiting = {id for id, test in self.paper.tests.items() if test.waits_to_be_heard}
        assert set(self.visit.critical_results) == waiting
        assert len(self.visit.critical_results) == len(waiting)

    @invariant()
    def no_result_is_lost(self) -> None:
        """Every report of a test is there, with its flag; the last one is the one that counts."""
        for id, test in self.paper.tests.items():
            row = self.desk.shelf.rows[Resource.LAB_REQUEST, id]
            assert row["status"] == test.status
            assert str((row["results"] or {}).get("hb", "")) == test.value
            assert (row["critical_since"] is not None) == test.is_critical(test.value)
            assert all(former["results"] for former in row["former_results"])

    @invariant()
    def status_follows_from_the_facts(self) -> None:
        forgotten = self.visit.having(status=Status.REGISTERED, waiting=(), payment_status=PaymentStatus.UNPAID)
        again, visit = forgotten.settled(self.visit.updated_at), self.visit
        assert (again.status, again.waiting_at) == (visit.status, visit.waiting_at)
        assert again.payment_status is visit.payment_status

    @invariant()
    def nobody_waits_unseen(self) -> None:
        """While the visit is open it has a next step, somebody whose it is, and a clock for it that tells someone."""
        steps = next_steps(self.visit)
        assert bool(steps) == (self.visit.end is None)
        assert all(one.roles for one in steps)
        assert [(clock.step, clock.since) for clock in self.visit.clocks] == [(one.step, one.since) for one in steps]
        assert all(clock.ladder and clock.due_at >= clock.since for clock in self.visit.clocks)
        assert set(self.visit.waiting_at) == {
            station for station in Station if Step(station) in {one.step for one in steps}
        }
        assert len({clock.key for clock in self.visit.clocks}) == len(self.visit.clocks)

    @invariant()
    def one_desk_has_the_patient_at_each_station_where_they_wait(self) -> None:
        calls = self.visit.calls
        said = {c.station: (c.called_by, c.taken_by, c.room, c.times, c.missed) for c in calls}
        slips = self.paper.slips
        assert said == {at: (s.caller, s.holder, s.room, s.times, s.missed) for at, s in slips.items()}
        assert {(c.station, c.since) for c in calls} <= {(w.station, w.since) for w in self.visit.waiting}
        owners = {one.step: one.owner_id for one in next_steps(self.visit)}
        assert all(owners[Step(c.station)] == c.taken_by for c in calls if c.taken_by)

    @invariant()
    def it_travels_unchanged(self) -> None:
        assert Visit.model_validate_json(self.visit.model_dump_json()) == self.visit
        assert all(since.since <= self.visit.updated_at for since in self.visit.waiting)
        assert summary(self.visit)["balance"] == self.paper.owed


def decided(
    visit: Visit, command: Command, known: Known | None
) -> tuple[Change, None] | tuple[None, Problem] | tuple[None, None]:
    """The change, or the problem. Without `known`, as the workflow asks before anything is looked up."""
    try:
        if known is not None:
            return accept(visit, command, known), None
        refuse(visit, command)
    except Refused as no:
        return None, no.problem
    return None, None
