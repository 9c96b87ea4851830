"""What the exchange answers. Fields come and go: nothing more is required than what we cannot do without."""

from typing import Annotated, Any

from pydantic import Field

from integrations.services.sha.tolerant import Amount, Count, Day, Flag, Moment, Objects, Rows, Shape, Text


class Token(Shape):
    """`expires_in`: seconds."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: float = 3600


class Page(Shape):
    """One page of a list. A list alone counts as the only page."""

    results: Objects = Field(default=[], repr=False)
    next: Text = ""
    current_page: Count = Field(alias="currentPage", default=1)
    total_pages: Count = Field(alias="totalPages", default=1)


class Patient(Shape):
    """`id`: the client registry number."""

    id: str = Field(min_length=1, repr=False)


class Period(Shape):
    number: Text = Field(default="", repr=False)
    start: Day = Field(alias="startDate", default=None)
    end: Day = Field(alias="endDate", default=None)


class Coverage(Shape):
    """`status` is "1" where the cover is paid up."""

    start: Day = Field(alias="startDate", default=None)
    end: Day = Field(alias="endDate", default=None)
    message: Text = ""
    reason: Text = ""
    solution: Text = Field(alias="possibleSolution", default="")
    status: Text = ""


class SchemeRow(Shape):
    name: Text = Field(alias="schemeName", default="")
    policy: Annotated[list[Period], Rows] = []
    coverage: Annotated[list[Coverage], Rows] = []


class Eligibility(Shape):
    """What else it says of a member (alive, age, date of birth) is empty for good members too: nothing to go by."""

    status_code: Text = Field(alias="statusCode", default="")
    status_desc: Text = Field(alias="statusDesc", default="")
    member_number: Text = Field(alias="memberCrNumber", default="", repr=False)
    schemes: Annotated[list[SchemeRow], Rows] = []


class SubBenefit(Shape):
    code: Text = ""
    name: Text = ""
    parent_code: Text = Field(alias="parentBenefitCode", default="")


class Intervention(Shape):
    """What SHA pays for, how, and what it wants for that."""

    code: Text = ""
    name: Text = ""
    payment_mechanism: Text = Field(alias="paymentMechanism", default="")
    fund: Text = ""
    needs_preauth: Flag = Field(alias="needsPreauth", default=None)
    overall_tariff: Amount = Field(alias="overallTariff", default=None)


class Contact(Shape):
    """`value` comes masked: `+254714***898`."""

    id: Text = ""
    value: Text = Field(alias="contactValue", default="", repr=False)
    kind: Text = Field(alias="contactType", default="")
    is_active: Flag = Field(alias="active", default=None)
    is_main: Flag = Field(alias="isMainContact", default=None)


class Authorization(Shape):
    guid: Text = ""
    token: Text = Field(default="", repr=False)
    status: Text = ""
    beneficiary_code: Text = Field(alias="beneficiaryCode", default="", repr=False)
    expiry: Moment = None


class ClaimIntervention(Shape):
    code: Text = Field(alias="intervention_code", default="")
    state: Text = Field(alias="workflow_state", default="")
    payment_mechanism: Text = Field(alias="intervention_payment_mechanism", default="")
    needs_preauth: Flag = None


class InvoiceLine(Shape):
    id: Text = ""
    code: Text = Field(alias="intervention_code", default="")
    unit_price: Amount = None
    quantity: Amount = None
    charge_date: Moment = None
    is_active: Flag = None
    is_cancellation: Flag = None


class Invoice(Shape):
    id: Text = ""
    number: Text = Field(alias="invoice_number", default="")
    lines: Annotated[list[InvoiceLine], Rows] = []
    doctors: Objects = []


class Diagnosis(Shape):
    code: Text = Field(alias="diagnosis_code", default="")
    intervention: Text = Field(alias="intervention_code", default="")


class Attachment(Shape):
    id: Text = ""
    title: Text = ""
    description: Text = ""
    attachment: Text = ""


class VirtualClaim(Shape):
    """The claim as it stands over there. Never go by an invoice's `dispatch_status`: a new draft's is DISPATCHED."""

    id: Text = ""
    token: Text = Field(alias="authorization_code", default="", repr=False)
    guid: Text = Field(alias="authorization_guid", default="", repr=False)
    state: Text = Field(alias="workflow_state", default="")
    auth_status: Text = Field(alias="claim_auth_status", default="")
    invoice_number: Text = ""
    service_type: Text = ""
    visit_start: Moment = None
    interventions: Annotated[list[ClaimIntervention], Rows] = []
    invoices: Annotated[list[Invoice], Rows] = []
    diagnoses: Annotated[list[Diagnosis], Rows] = Field(alias="claim_diagnoses", default=[])
    attachments: Annotated[list[Attachment], Rows] = Field(alias="claim_attachments", default=[])

    @property
    def number(self) -> str:
        """What the payer knows the claim by: the number of its one invoice."""
        return self.invoice_number or next((invoice.number for invoice in self.invoices if invoice.number), self.id)

    @property
    def lines(self) -> list[InvoiceLine]:
        """The lines that count."""
        found = [line for invoice in self.invoices for line in invoice.lines]
        return [line for line in found if line.is_active is not False and not line.is_cancellation]

    @property
    def doctors(self) -> list[dict[str, Any]]:
        return [doctor for invoice in self.invoices for doctor in invoice.doctors]


class PayerClaim(Shape):
    """The claim in the payer's eyes. It names no amount that was paid: that stands in remittances, which are not
    public."""

    number: Text = Field(alias="providerClaimNo", default="")
    token: Text = Field(alias="authToken", default="", repr=False)
    state: Text = Field(alias="workflowState", default="")
    shown_state: Text = Field(alias="workflowDisplayName", default="")
    created: Text = ""
    notes: Objects = Field(alias="claimNotes", default=[])
    flags: Objects = Field(alias="claimFlags", default=[])


class PreauthState(Shape):
    """`status` FINALISED means approved, ACTIVE that it is being looked at; approval may yet be taken back."""

    guid: Text = ""
    intervention_code: Text = Field(alias="interventionCode", default="")
    status: Text = ""
    needs_doctor_approval: Flag = Field(alias="needsDoctorApproval", default=None)
    final_amount: Amount = Field(alias="finalApprovedAmount", default=None)

    @property
    def is_approved(self) -> bool:
        return self.status == "FINALISED"


class Endpoint(Shape):
    """Where changes are told. `endpoint_id` is the name to use; the short `id` beside it is internal."""

    id: Text = ""
    endpoint_id: Text = ""

    @property
    def name(self) -> str:
        return self.endpoint_id or self.id


def one_page(body: Any) -> Page:
    """A page, whether it came as one or as a list alone."""
    return Page.read({"results": body}) if isinstance(body, list) else Page.read(body)
