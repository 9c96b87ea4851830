"""Check-ins at the device, and the covers that they show."""

from dataclasses import dataclass

from integrations.sandbox.counterpart import Stand
from integrations.services.smart.answers import ACTIVE, PENDING
from integrations.services.smart.sandbox_checks import Fields, Refusal, enveloped, text

UNKNOWN, UNPAID, ABSENT = "404", "402", "408"
CLOSED = "CLOSED"
PROVIDER_ID, LOCATION = 678, "100"
BALANCE = 25_000.0
POOLS = {"1": "Inpatient Benefit", "3": "Outpatient Benefit"}


@dataclass
class CheckIn:
    """One time that a member showed the card."""

    id: int
    patient_number: str
    status: str = PENDING
    visit_number: str = ""

    @property
    def is_covered(self) -> bool:
        return not self.patient_number.endswith(UNPAID)

    @property
    def told(self) -> Fields:
        return {
            "id": self.id,
            "patient_number": self.patient_number,
            "sessionStatus": self.status,
            "visit_number": self.visit_number or None,
            "sp_id": PROVIDER_ID,
            "location_code": LOCATION,
            "payer_code": "MFANO",
            "payer_name": "Mfano Card Insurance",
            "schemecode": "STAFF",
            "scheme_name": "Mfano Staff",
            "member_number": f"{self.patient_number}-00",
        }


class CheckIns:
    """Everybody checks in as soon as somebody asks, but for those who are said to be elsewhere."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.made: list[CheckIn] = []

    def asked(self, fields: Fields) -> list[Fields]:
        number, status = text(fields, "patientNumber"), text(fields, "sessionStatus")
        found = [one for one in self.made if (one.patient_number, one.status) == (number, status)]
        if not found and status == PENDING and not number.endswith((UNKNOWN, ABSENT)):
            found = [self.check_in(number)]
        return [one.told for one in found]

    def check_in(self, number: str) -> CheckIn:
        made = CheckIn(12_000 + len(self.made), number)
        self.made.append(made)
        return made

    def link(self, fields: Fields) -> Fields:
        made, visit_number = self.named(text(fields, "id")), text(fields, "number")
        if made.status == PENDING:
            made.status, made.visit_number = ACTIVE, visit_number
            self.stand.ledger.take("visit", visit_number, str(made.id))
        elif (made.status, made.visit_number) != (ACTIVE, visit_number):
            raise Refusal("The session belongs to another visit")
        return enveloped("Session linked successfully")

    def close(self, fields: Fields) -> Fields:
        made = self.named(text(fields, "id"))
        if made.status != CLOSED:
            made.status = CLOSED
            self.stand.ledger.take("session closed", str(made.id))
        return enveloped("Session closed successfully")

    def member(self, fields: Fields) -> Fields:
        made, number = self.named(text(fields, "sessionId")), text(fields, "patientNumber")
        if made.patient_number != number:
            raise Refusal("The session belongs to another patient")
        return details(made)

    def named(self, session_id: str) -> CheckIn:
        found = next((one for one in self.made if str(one.id) == session_id), None)
        if found is None:
            raise Refusal("Session not found", 404)
        return found


def details(made: CheckIn) -> Fields:
    """The cover that a check-in shows."""
    pools = [
        {
            "id": 154_660 + int(number),
            "amount": f"{BALANCE:.2f}" if made.is_covered else "0.00",
            "claimable": made.is_covered,
            "pool_desc": name,
            "pool_nr": number,
            "sp_id": PROVIDER_ID,
            "groups": None,
        }
        for number, name in POOLS.items()
    ]
    return {
        "admit_id": str(made.id),
        "global_id": f"KE{made.id:010d}",
        "medicalaid_code": "MFANO",
        "medicalaid_name": "Mfano Card Insurance",
        "medicalaid_number": f"{made.patient_number}-00",
        "medicalaid_scheme_code": "STAFF",
        "medicalaid_scheme_name": "Mfano Staff",
        "patient_surname": "of the sandbox",
        "patient_forenames": "Member",
        "has_copay": True,
        "co_pay_amount": 200,
        "benefits": pools,
    }
