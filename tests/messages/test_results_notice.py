"""Reports on their way to the patient: sealed by e-mail, or an SMS that one waits, once."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError

from activities.letters import letter_of
from activities.notices import addressee
from activities.visit_report import report_of
from integrations.database import writing_pool
from models.messages import Template
from models.notices import Notice
from models.staff import Role
from tests.clinic import eventually
from tests.messages.conftest import PostOffice, phones, waiting
from tests.services.test_messages import CLINICAL
from workers.recovery import recover

A_DAY = timedelta(days=1)


async def to_be_tested(post_office: PostOffice, count: int = 1, **patient: Any) -> tuple[dict[str, Any], list[str]]:
    """A visit whose tests are ordered, with their ids."""
    visit = await post_office.walk.seen(**patient)
    return visit, [(await post_office.walk.test_ordered(visit["id"]))["id"] for _ in range(count)]


async def explained_and_discharged(post_office: PostOffice, visit: dict[str, Any]) -> None:
    await post_office.walk.encounter(visit["id"])
    await post_office.walk.paid(visit["id"])
    await post_office.walk.discharged(visit["id"])


async def test_the_results_go_out_by_e_mail_when_the_last_test_is_answered(post_office: PostOffice) -> None:
    visit, (first, last) = await to_be_tested(post_office, count=2, email="amani@example.org")
    await post_office.walk.results(first)
    assert not await post_office.messages(visit)
    await post_office.walk.results(last)
    await post_office.message(visit, "SENT")
    (letter,) = await post_office.letters("amani@example.org")
    (paper,) = letter["details"]["attachments"]
    assert (paper["name"], paper["bytes"] > 1000) == ("report.pdf", True)
    said = letter["details"]["subject"] + letter["details"]["text"]
    assert not CLINICAL.search(said)
    assert not any(private in said for private in ("Taa", "Mfano", visit["op_number"], "14.2"))


async def test_who_is_discharged_gets_the_report_of_the_visit_by_e_mail_once(post_office: PostOffice) -> None:
    address = "baraka@example.org"
    visit, (test,) = await to_be_tested(post_office, email=address)
    await post_office.walk.results(test)
    await post_office.message(visit, "SENT")
    await explained_and_discharged(post_office, visit)

    async def both_are_out() -> bool:
        return [m["status"] for m in await post_office.messages(visit)] == ["SENT", "SENT"]

    await eventually(both_are_out)
    await post_office.notice(visit).result()
    await recover(post_office.clinic.clinic.temporal, post_office.clinic.settings)
    await post_office.notice(visit).result()
    assert [m["template"] for m in await post_office.messages(visit)] == ["RESULTS_REPORT", "VISIT_REPORT"]
    assert len(await post_office.letters(address)) == 2


async def paper_of(post_office: PostOffice, visit: dict[str, Any], template: Template) -> tuple[PdfReader, str]:
    """The paper as it goes out, still closed, and what opens it."""
    notice = Notice(template=template, about=UUID(visit["id"]))
    async with writing_pool(post_office.clinic.settings, size=2) as pool, pool.connection() as db:
        to, report = await addressee(db, notice), await report_of(db, notice.about, template)
    assert to is not None
    assert report is not None
    assert to.national_id is not None
    (paper,) = letter_of(notice, to, report).attachments
    return PdfReader(BytesIO(paper.content)), to.national_id


@pytest.mark.parametrize("template", [Template.RESULTS_REPORT, Template.VISIT_REPORT])
async def test_a_report_opens_with_the_patient_s_national_id_only(post_office: PostOffice, template: Template) -> None:
    visit, (test,) = await to_be_tested(post_office, email="dalili@example.org")
    await post_office.walk.prescribed(visit["id"])
    await post_office.walk.results(test)
    reader, password = await paper_of(post_office, visit, template)
    assert reader.is_encrypted
    with pytest.raises(FileNotDecryptedError):
        len(reader.pages)
    assert not reader.decrypt("0712345678")
    assert reader.decrypt(password)
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "hemoglobin: 14.2" in text
    assert ("Fever and headache" in text, "3 times daily, 5 days, Take with food" in text) == (
        (template is Template.VISIT_REPORT,) * 2
    )


async def test_who_left_without_hearing_the_results_gets_an_sms(post_office: PostOffice) -> None:
    phone = next(phones)
    visit, (test,) = await to_be_tested(post_office, phone_number=phone)
    await post_office.walk.results(test)
    run = post_office.notice(visit)
    await waiting(run)
    assert not await post_office.received(phone)
    await post_office.skipper.fast_forward(run, A_DAY)
    assert await run.result() == "SENT"
    await post_office.message(visit, "DELIVERED")
    (sms,) = await post_office.received(phone)
    assert "Please collect it at the clinic" in sms["details"]["text"]


async def test_who_heard_the_results_from_the_clinician_gets_no_sms(post_office: PostOffice) -> None:
    phone = next(phones)
    visit, (test,) = await to_be_tested(post_office, phone_number=phone)
    await post_office.walk.results(test)
    run = post_office.notice(visit)
    await waiting(run)
    await post_office.walk.encounter(visit["id"])
    await post_office.skipper.fast_forward(run, A_DAY)
    assert await run.result() == "NOTHING"
    assert not await post_office.received(phone)


async def test_a_discharge_ends_the_wait(post_office: PostOffice) -> None:
    visit, (test,) = await to_be_tested(post_office)
    await post_office.walk.results(test)
    run = post_office.notice(visit)
    await waiting(run)
    await explained_and_discharged(post_office, visit)
    assert await run.result() == "NOTHING"
    assert not await post_office.messages(visit)


async def test_a_letter_that_is_refused_becomes_a_task(post_office: PostOffice) -> None:
    await post_office.sandbox.breaks("smtp", "reject", count=1)
    visit, (test,) = await to_be_tested(post_office, email="elimu@example.org")
    await post_office.walk.results(test)
    message = await post_office.message(visit, "FAILED")
    (task,) = await post_office.tasks(message)
    assert (task["kind"], task["visit_id"]) == ("TELL_PATIENT", visit["id"])


async def test_a_letter_whose_answer_was_lost_is_not_sent_again(post_office: PostOffice) -> None:
    await post_office.sandbox.breaks("smtp", "timeout_after_effect", count=1, seconds=10)
    visit, (test,) = await to_be_tested(post_office, email="furaha@example.org")
    await post_office.walk.results(test)
    await post_office.message(visit, "UNKNOWN")
    await post_office.notice(visit).result()
    await recover(post_office.clinic.clinic.temporal, post_office.clinic.settings)
    assert await post_office.notice(visit).result() == "UNKNOWN"
    assert len(await post_office.letters("furaha@example.org")) == 1


async def test_a_cancelled_test_does_not_hold_back_the_others(post_office: PostOffice) -> None:
    visit, (first, last) = await to_be_tested(post_office, count=2, email="heri@example.org")
    await post_office.walk.results(first)
    cancelled = {"status": "CANCELLED", "notes": "No sample"}
    await post_office.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{last}", cancelled)
    await post_office.message(visit, "SENT")
    assert len(await post_office.letters("heri@example.org")) == 1


async def test_preliminary_results_do_not_go_out_and_final_ones_do(post_office: PostOffice) -> None:
    visit, (test,) = await to_be_tested(post_office, email="imani@example.org")
    body = {"status": "PRELIMINARY", "results": {"hemoglobin": "13.0"}}
    await post_office.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test}", body)
    assert not await post_office.messages(visit)
    await post_office.walk.results(test)
    await post_office.message(visit, "SENT")
    _, text = await opened(post_office, visit, Template.RESULTS_REPORT)
    assert ("hemoglobin: 14.2" in text, "13.0" in text) == (True, False)


async def test_a_corrected_report_says_that_it_is_one(post_office: PostOffice) -> None:
    visit, (test,) = await to_be_tested(post_office, email="jamila@example.org")
    await post_office.walk.results(test)
    form = {"kind": "correct_lab_result", "lab_request_id": test, "reason": "Wrong tube"}
    body = {**form, "results": {"hemoglobin": "13.3"}}
    await post_office.walk.done(Role.LAB_TECHNICIAN, "POST", f"/api/visits/{visit['id']}/actions", body)
    _, text = await opened(post_office, visit, Template.VISIT_REPORT)
    assert "Corrected report: hemoglobin: 13.3" in text


async def opened(post_office: PostOffice, visit: dict[str, Any], template: Template) -> tuple[PdfReader, str]:
    """The paper, and what it says."""
    reader, password = await paper_of(post_office, visit, template)
    reader.decrypt(password)
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())
