"""What is owed to a patient, when it may go out, and what a person is asked to do instead."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from models.messages import Template, report_letter
from models.notices import Channel, Notice, Papers, by_day, notice_of, owed, reminding, told_by_a_person
from tests.services.test_messages import CLINICAL

NAIROBI = ZoneInfo("Africa/Nairobi")
VISIT = uuid4()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=NAIROBI)


def test_a_reminder_is_due_at_ten_on_the_day_before_by_the_clinic_s_clock() -> None:
    due = reminding(datetime(2026, 11, 24, 21, 30, tzinfo=UTC), NAIROBI, is_open=True)  # 00:30 on the 25th in Nairobi
    assert due.opens == datetime(2026, 11, 24, 10, 0, tzinfo=NAIROBI)
    assert due.closes == datetime(2026, 11, 24, 22, 30, tzinfo=NAIROBI)


def papers(**facts: object) -> Papers:
    return Papers.model_validate({"has_email": False, "is_over": False, "was_discharged": False, **facts})


@pytest.mark.parametrize(
    ("facts", "template", "channel"),
    [
        ({}, None, None),
        ({"has_email": True}, None, None),
        ({"has_email": True, "ready_at": NOON}, Template.RESULTS_REPORT, Channel.EMAIL),
        ({"has_email": True, "is_over": True, "was_discharged": True}, Template.VISIT_REPORT, Channel.EMAIL),
        ({"has_email": True, "is_over": True, "ready_at": NOON}, None, None),
        ({"ready_at": NOON}, Template.RESULTS_READY, Channel.SMS),
        ({"ready_at": NOON, "was_explained": True}, None, None),
        ({"ready_at": NOON, "is_over": True, "was_discharged": True}, Template.RESULTS_READY, Channel.SMS),
        ({"is_over": True, "was_discharged": True}, None, None),
    ],
)
def test_a_visit_owes_its_patient(facts: dict[str, object], template: Template | None, channel: Channel | None) -> None:
    found = owed(VISIT, papers(**facts), NAIROBI)
    assert (found and found.notice.template, found and found.channel) == (template, channel)


def test_who_still_waits_in_the_clinic_gets_no_sms() -> None:
    waiting, gone = (owed(VISIT, papers(ready_at=NOON, is_over=over), NAIROBI) for over in (False, True))
    assert [one and one.after for one in (waiting, gone)] == [NOON + timedelta(hours=4), NOON]


@pytest.mark.parametrize(("hour", "day", "told_at"), [(7, 23, 8), (8, 23, 8), (19, 23, 19), (20, 24, 8), (23, 24, 8)])
def test_nobody_is_woken_by_what_can_wait(hour: int, day: int, told_at: int) -> None:
    moment = datetime(2026, 11, 23, hour, 0, tzinfo=NAIROBI)
    assert by_day(moment.astimezone(UTC), NAIROBI) == datetime(2026, 11, day, told_at, 0, tzinfo=NAIROBI)


@pytest.mark.parametrize("moment", [None, NOON, NOON.replace(microsecond=7)])
def test_a_key_names_one_notice(moment: datetime | None) -> None:
    notice = Notice(template=Template.APPOINTMENT_REMINDER, about=VISIT, moment=moment)
    assert notice_of(notice.key) == notice
    assert notice_of(notice.key).key == notice.key


@pytest.mark.parametrize("template", Template)
def test_a_person_is_asked_in_words_that_hold_ids_only(template: Template) -> None:
    row = {"id": uuid4(), "facility_id": uuid4(), "patient_id": uuid4(), "visit_id": None}
    task = told_by_a_person({**row, "key": Notice(template=template, about=VISIT, moment=NOON).key})
    assert str(row["patient_id"]) in task.words
    assert (task.due_at, task.closes_itself) == (NOON, False)


@pytest.mark.parametrize(("national_id", "password"), [("TEST-1", "TEST-1"), (None, "0722000111")])
def test_a_letter_says_what_opens_its_report_and_never_the_password(national_id: str | None, password: str) -> None:
    letter = report_letter("Kliniki\r\nya Upendo", national_id, "+254722000111")
    assert letter.password == password
    assert "\n" not in letter.subject
    assert not CLINICAL.search(letter.subject + letter.body)
    assert password not in letter.subject + letter.body + repr(letter)
