"""What the counterpart does to a claim that is being written."""

import json
from typing import Any

from integrations.services.sha.sandbox_checks import DOCUMENTS, Acts, Fields, Refusal, one_of, require_multipart, text
from integrations.services.sha.sandbox_claims import (
    TAKEN_BACK,
    Claim,
    Line,
    count,
    now,
    price,
    require_tariff,
    some_id,
)
from integrations.services.sha.sandbox_members import CAPITATION, INTERVENTIONS, NEEDS_PREAUTH
from integrations.services.sha.sandbox_office import Office

UNKNOWN_HEALTH_WORKER = "404"
DONE = {"data": {"status": "success"}, "message": "done"}


class Building:
    """One method for each call; the consent token says which claim is meant."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def acts(self) -> Acts:
        return {
            ("POST", "/claims/interventions"): self.add_intervention,
            ("POST", "/claims/interventions/retire"): self.retire,
            ("POST", "/claims/interventions/restore"): self.add_intervention,
            ("POST", "/claims/interventions/switch"): self.switch,
            ("POST", "/claims/diagnoses"): self.add_diagnosis,
            ("PATCH", "/claims/diagnoses"): self.remove_diagnosis,
            ("POST", "/claims/lines"): self.add_line,
            ("PATCH", "/claims/lines"): self.remove_line,
            ("PATCH", "/claims/lines/edit"): self.edit_line,
            ("POST", "/claims/attachments"): self.attach,
            ("POST", "/claims/doctors"): self.add_doctor,
        }

    def add_intervention(self, fields: Fields) -> Any:
        claim, code = self.office.editable(fields), text(fields, "intervention_code")
        self.add(claim, code)
        return claim.shown()

    def add(self, claim: Claim, code: str) -> None:
        if code not in INTERVENTIONS:
            raise Refusal(f"Kindly note the intervention {code} was not found", engine=True)
        if (INTERVENTIONS[code][2] == CAPITATION) != (claim.service_type == "CAPITATION"):
            raise unsupported(code, claim.service_type)
        if claim.codes.get(code) != "ACTIVE":
            self.office.note("intervention", claim, code)
        claim.codes[code] = "ACTIVE"

    def retire(self, fields: Fields) -> Any:
        """Deletes the lines that were billed under it, as was seen."""
        claim, code = self.office.editable(fields), text(fields, "intervention_code")
        claim.require_active(code)
        self.put_away(claim, code)
        return claim.shown()

    def put_away(self, claim: Claim, code: str) -> None:
        claim.codes[code] = "INACTIVE"
        self.office.undo("intervention", claim, code)
        for line in [line for line in claim.lines if line.code == code]:
            self.drop_line(claim, line)
        claim.diagnoses = [pair for pair in claim.diagnoses if pair[1] != code]

    def switch(self, fields: Fields) -> Any:
        claim, old = self.office.editable(fields), text(fields, "existing_intervention_code")
        new = text(fields, "new_intervention_code")
        claim.require_active(old)
        if new not in INTERVENTIONS:
            raise Refusal(f"Kindly note the intervention {new} was not found", engine=True)
        self.put_away(claim, old)
        self.add(claim, new)
        return claim.shown()

    def add_diagnosis(self, fields: Fields) -> Any:
        claim, pair = self.office.editable(fields), (text(fields, "icd_code"), text(fields, "intervention_code"))
        claim.require_active(pair[1])
        claim.diagnoses.append(pair)
        self.office.note("diagnosis", claim, ":".join(pair))
        return {"diagnosis_code": pair[0], "intervention_code": pair[1]}

    def remove_diagnosis(self, fields: Fields) -> Any:
        claim, pair = self.office.editable(fields), (text(fields, "icd_code"), text(fields, "intervention_code"))
        if pair not in claim.diagnoses:
            raise Refusal("Kindly note the diagnosis was not found", engine=True)
        claim.diagnoses.remove(pair)
        self.office.undo("diagnosis", claim, ":".join(pair))
        return DONE

    def add_line(self, fields: Fields) -> Any:
        require_multipart(fields)
        claim, code = self.office.editable(fields), text(fields, "intervention_code")
        claim.require_active(code)
        if code in NEEDS_PREAUTH and claim.preauths.get(code) != "FINALISED":
            raise Refusal(f"Kindly note {code} needs an approved preauthorisation", engine=True)
        if fields.get("diagnoses") and not is_list_of_codes(fields["diagnoses"]):
            raise Refusal("diagnoses must be a JSON array of ICD codes")
        when = str(fields.get("charge_date") or now().isoformat())
        line = Line(code, price(fields.get("unit_price")), count(fields.get("quantity")), when)
        require_tariff(code, line.unit_price)
        claim.lines.append(line)
        self.office.note("line", claim, mark(line), line.id)
        return line.shown()

    def remove_line(self, fields: Fields) -> Any:
        claim, id = self.office.editable(fields), text(fields, "line_guid")
        self.drop_line(claim, line_in(claim, id))
        return DONE

    def drop_line(self, claim: Claim, line: Line) -> None:
        claim.lines.remove(line)
        self.office.undo("line", claim, mark(line))

    def edit_line(self, fields: Fields) -> Any:
        id = text(fields, "line_id")
        for claim in self.office.claims.values():
            if any(line.id == id for line in claim.lines):
                return self.edited(claim, line_in(claim, id), fields)
        raise Refusal("Kindly note the line was not found", engine=True)

    def edited(self, claim: Claim, line: Line, fields: Fields) -> Any:
        claim.require("DRAFT_RESUBMIT")
        unit_price = price(fields.get("unit_price", line.unit_price))
        require_tariff(line.code, unit_price)
        self.office.undo("line", claim, mark(line))
        line.unit_price, line.quantity = unit_price, count(fields.get("quantity", line.quantity))
        self.office.note("line", claim, mark(line), line.id)
        return line.shown()

    def attach(self, fields: Fields) -> Any:
        require_multipart(fields)
        claim = self.office.named(fields)
        claim.require("DRAFT", *TAKEN_BACK)
        kind, code = one_of(fields, "document_type", DOCUMENTS), text(fields, "intervention_code")
        paper = fields.get("file_blob")
        if not isinstance(paper, dict) or not paper["size"]:
            raise Refusal("file_blob is required")
        id = some_id()
        claim.papers[id] = (paper["file_name"], kind)
        self.office.note("attachment", claim, paper["file_name"], id)
        return {"id": id, "title": paper["file_name"], "attachment_type": kind, "intervention_code": code}

    def add_doctor(self, fields: Fields) -> Any:
        claim, number = self.office.editable(fields), text(fields, "identification_number")
        if number.endswith(UNKNOWN_HEALTH_WORKER):
            raise Refusal("Kindly note the practitioner was not found in the health worker registry", engine=True)
        claim.doctor = number
        self.office.note("doctor", claim, number)
        return {"message": "doctor added successfully"}


def unsupported(code: str, service_type: str) -> Refusal:
    name = INTERVENTIONS[code][0]
    words = f"Kindly note the intervention {name}({code}) is not supported for service type {service_type}"
    return Refusal(words, engine=True)


def line_in(claim: Claim, id: str) -> Line:
    for line in claim.lines:
        if line.id == id:
            return line
    raise Refusal("Kindly note the line was not found", engine=True)


def mark(line: Line) -> str:
    return f"{line.code}:{line.unit_price}:{line.quantity}:{line.charge_date}"


def is_list_of_codes(value: str) -> bool:
    try:
        codes = json.loads(value)
    except ValueError:
        return False
    return isinstance(codes, list) and all(isinstance(code, str) for code in codes)
