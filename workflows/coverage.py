"""Does the payer cover this visit? Asked beside the visit, for as long as the payer is away; meanwhile the cover counts
as provisional and the patient goes on."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.coverage import MOVED, Answer, Coverages, CoverDesk, Question
    from activities.messenger import Messenger
    from models.base import Value
    from models.claims import Cover
    from models.services import Service, queue_of
    from workflows import attributes
    from workflows.payer_line import PayerLine
    from workflows.surely import IN_SIGHT, surely


HEARS = "the visit hears of its cover"


def workflow_id(visit_id: UUID) -> str:
    """The one maker of a coverage check's workflow id."""
    return f"coverage-{visit_id}"


class CoverageOpening(Value):
    visit_id: UUID
    facility_id: UUID


@workflow.defn(name="CoverageCheck")
class CoverageCheckWorkflow:
    @workflow.init
    def __init__(self, opening: CoverageOpening) -> None:
        self.opening = opening
        self.gateway = ""

    @workflow.run
    async def run(self, opening: CoverageOpening) -> str:
        while True:
            asked = await surely("Take down the question", Coverages.begin, opening.visit_id, self.nothing)
            if asked is None or asked.gateway is None:
                return "PROVISIONAL"
            self.gateway = asked.gateway
            workflow.upsert_search_attributes([attributes.FACILITY.value_set(str(opening.facility_id))])
            status = await self.answered(asked)
            if status != MOVED:
                if workflow.patched(HEARS):
                    await self.tell_visit()
                return status

    async def tell_visit(self) -> None:
        """Where the patient pays first unless the payer does, the visit hears of the answer."""
        news = await surely("Whether the visit waits for it", Coverages.heard, self.opening.visit_id, self.nothing)
        if news:
            await workflow.execute_activity_method(
                Messenger.tell_visit, news, summary="Tell the visit of its cover", **IN_SIGHT
            )

    async def answered(self, asked: Question) -> str:
        line = PayerLine(queue_of(Service(self.gateway)), self.on_late)
        told = await line.until_answered(CoverDesk.check, asked.member, "Ask the payer", lambda: False)
        cover = told.value or Cover(is_found=False, advice=f"The payer said no: {told.refusal}")
        answer = Answer(visit_id=asked.visit_id, patient_id=asked.patient_id, cover=cover)
        return await surely("Write down the answer", Coverages.answer, answer, self.nothing)

    def on_late(self, is_late: bool) -> None:
        workflow.upsert_search_attributes(
            [attributes.ATTENTION.value_set([f"{self.gateway.upper()}_AWAY"] if is_late else [])]
        )
        said = "**The payer does not answer; the cover is provisional.**" if is_late else "The payer is being asked."
        workflow.set_current_details(said)

    def nothing(self) -> None:
        """A database that is away shows as a pending activity here."""
