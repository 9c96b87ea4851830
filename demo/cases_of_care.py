"""Rare cases of triage, the laboratory and the services."""

from demo.stage import DESK, LABORATORY, NURSE, OFFICER, WELL, Case, Stage, expect, refused
from demo.steps import Role
from demo.story import women

MIDWIFE = Role.MCH_NURSE
OUT = {
    "facility_name": "County hospital",
    "urgency": "URGENT",
    "reason": "Surgery",
    "clinical_summary": "Pain in the right lower abdomen since yesterday",
}


async def vital_sign_is_missing(stage: Stage) -> None:
    chart = await stage.arrives()
    known = {name: value for name, value in WELL.items() if name != "pulse_bpm"}
    said = await refused(stage.puts(NURSE, chart, vital_signs=known), "invalid")
    expect("pulse_bpm" in said, "the refusal does not name the pulse")
    visit = await stage.puts(NURSE, chart, vital_signs=known, incomplete=True)
    expect(visit["triage_incomplete"] and visit["waiting_at"] == ["TRIAGE"], "an incomplete triage is not seen")
    visit = await stage.puts(NURSE, chart, vital_signs=WELL)
    expect(visit["triage_colour"] == "GREEN", "a whole set of vital signs did not triage the patient")


async def patient_gets_better(stage: Stage) -> None:
    chart = await stage.triaged(temperature_c=38.6, pulse_bpm=130)
    before = (await stage.visit(chart))["triage_colour"]
    visit = await stage.puts(NURSE, chart, vital_signs=WELL, retriage=True, reason="Better after water and rest")
    expect(visit["triage_colour"] == before and visit["pending_retriage"], "one person alone lowered the colour")
    await stage.does(OFFICER, chart, "confirm_retriage")
    expect((await stage.visit(chart))["triage_colour"] == "GREEN", "two people could not lower the colour")


async def nobody_knows_who_it_is(stage: Stage) -> None:
    made = (await stage.clinic.act("emergency", NURSE, "POST", "/api/emergencies", {})).record
    expect(made["visit"]["waiting_at"] == ["CONSULTATION"], "an emergency does not wait for the clinician")
    chart = await stage.arrives()
    form = {"kind": "identify_patient", "patient_id": chart.patient_id}
    path = f"/api/visits/{made['visit']['id']}/actions"
    stage.opens(chart, made["visit"])
    await stage.does(DESK, chart, "cancel_visit", reason="Came with somebody else's visit")
    done = (await stage.clinic.act("identify patient", DESK, "POST", path, form)).record
    expect(done["visit"]["patient_id"] == chart.patient_id, "the visit is still a stranger's")


async def value_is_critical(stage: Stage) -> None:
    chart = await stage.seen()
    test = await stage.tested(chart)
    report = await stage.reports(test, "4.1")
    expect(report["flags"]["hemoglobin"] == "LL", "a haemoglobin of 4.1 g/dL is not critical")
    heard = {"lab_request_id": test, "read_back": "5.1"}
    await refused(stage.does(OFFICER, chart, "acknowledge_critical", **heard), "invalid")
    done = await stage.does(OFFICER, chart, "acknowledge_critical", **{**heard, "read_back": "4.1"})
    expect(done["acknowledged_at"], "what was read back acknowledges nothing")


async def result_was_wrong(stage: Stage) -> None:
    chart = await stage.seen()
    test = await stage.tested(chart)
    await stage.reports(test, "13.2")
    form = {"lab_request_id": test, "results": {"hemoglobin": "10.1"}, "reason": "Tubes were exchanged"}
    done = await stage.does(LABORATORY, chart, "correct_lab_result", **form)
    former = [was["results"]["hemoglobin"] for was in done["former_results"]]
    expect(former == ["13.2"] and done["status"] == "CORRECTED", "the first result is not readable any more")


async def result_comes_late(stage: Stage) -> None:
    chart = await stage.seen()
    test = await stage.tested(chart)
    await stage.pays(chart)
    await refused(stage.leaves(chart), "outstanding-work")
    await stage.leaves(chart, results_to_follow=True)
    await stage.reports(test, "10.4")
    owed = await stage.items(OFFICER, f"/api/obligations?visit_id={chart.visit_id}")
    expect([one["status"] for one in owed] == ["OPEN"], "nobody is bound to tell the patient")
    done = await stage.does(OFFICER, chart, "tell_patient", obligation_id=owed[0]["id"], outcome="Told by telephone")
    expect(done["status"] == "DONE", "the obligation is still open")


async def other_clinic_answers(stage: Stage) -> None:
    chart = await stage.seen()
    sent = await stage.does(OFFICER, chart, "refer_out", **OUT)
    task = await stage.task(chart, "FOLLOW_UP_REFERRAL")
    expect(task["due_at"] == sent["feedback_by"], "nobody is asked for feedback by the day that was agreed")
    await stage.pays(chart)
    await stage.leaves(chart)
    expect((await stage.visit(chart))["status"] == "REFERRED", "the visit does not say that the patient was referred")
    path = f"/api/obligations?visit_id={chart.visit_id}"
    owed = await stage.items(OFFICER, path)
    expect(
        [(one["kind"], one["status"]) for one in owed] == [("REFERRAL_FEEDBACK", "OPEN")], "nobody waits for feedback"
    )
    form = {"referral_id": sent["id"], "feedback": "Appendix removed", "feedback_from": "Dr Wema, ward 3"}
    done = await stage.does(OFFICER, chart, "record_referral_feedback", **form)
    expect(done["status"] == "COMPLETED", "what came back did not complete the referral")
    expect(
        [one["status"] for one in await stage.items(OFFICER, path)] == ["DONE"], "feedback is waited for all the same"
    )
    await stage.task(chart, "FOLLOW_UP_REFERRAL", "DONE")
    await refused(stage.does(OFFICER, chart, "record_referral_feedback", **form), "already-done")


async def child_is_born(stage: Stage) -> None:
    mother = await stage.triaged(women(20, 35))
    form = {"gender": "FEMALE", "date_of_birth": stage.today.isoformat()}
    baby = (await stage.clinic.act("newborn", MIDWIFE, "POST", f"{mother.visit}/newborns", form)).record
    stage.opens(mother, baby["visit"])
    family = await stage.clinic.read(MIDWIFE, f"{mother.visit}/family")
    born = [one["visit_id"] for one in family["newborns"]]
    expect(born == [baby["visit"]["id"]], "mother and child do not know of each other")
    schedule = f"/api/immunization/patients/{baby['visit']['patient_id']}/schedule"
    doses = (await stage.clinic.read(Role.IMMUNIZATION_NURSE, schedule))["doses"]
    expect(any(dose["status"] == "DUE" for dose in doses), "no vaccine is due at birth")


CARE = (
    Case("a vital sign is missing", "refused by its name; visibly incomplete; whole later", vital_sign_is_missing),
    Case("somebody gets better", "a second person confirms the lower colour", patient_gets_better),
    Case("nobody knows who it is", "care first, the name later", nobody_knows_who_it_is),
    Case("a value is critical", "read back wrong, then right", value_is_critical),
    Case("a result was wrong", "corrected; the first one stays readable", result_was_wrong),
    Case("a result comes late", "somebody is bound to tell the patient", result_comes_late),
    Case("another clinic goes on", "a clinician is asked for its answer, also after the visit", other_clinic_answers),
    Case("a child is born", "mother and child linked; vaccines due at birth", child_is_born),
)
