"""What is only read: registries, cover, benefits and contacts."""

import time
from collections.abc import AsyncIterator, Callable

from integrations.services.outside import Away, Unreadable
from integrations.services.sha.answers import Contact, Eligibility, Intervention, Patient, SubBenefit
from integrations.services.sha.requests import SERVICE
from integrations.services.sha.tolerant import Shape
from integrations.services.sha.wire import AnyReading, Wire

KEPT_SECONDS = 3600.0
MOST_KEPT = 2_000


class Directory:
    """What the exchange knows. Interventions are kept for an hour: a list takes it seconds, and a member has hundreds.

    How an intervention is paid for depends on the facility, not on the member; so a code is looked up once for all.
    """

    def __init__(self, wire: Wire, clock: Callable[[], float] = time.monotonic) -> None:
        self._wire, self._clock = wire, clock
        self._kept: dict[str, tuple[float, Intervention]] = {}

    async def patient(self, number: str, kind: str) -> Patient:
        """SaidNo: the client registry has no such person."""
        wanted = {"identification_number": number, "identification_type": kind}
        return await self._wire.read(Patient, "GET", "/patients", params=wanted)

    async def facility(self, identifier: str, kind: str = "fr-code") -> Shape:
        """`kind`: `fr-code` or `registration-number`."""
        wanted = {"identifier": identifier, "identifier-type": kind}
        return await self._wire.read(Shape, "GET", "/facilities/search", params=wanted)

    async def professional(self, number: str, kind: str, regulator: str) -> Shape:
        """`regulator`: KMPDC, COC, NCK or PPB."""
        wanted = {"identification_number": number, "identification_type": kind, "regulator": regulator.upper()}
        return await self._wire.read(Shape, "GET", "/professionals", params=wanted)

    async def eligibility(self, number: str, kind: str) -> Eligibility:
        wanted = {"identification_number": number, "identification_type": kind}
        return await self._wire.read(Eligibility, "GET", "/patients/eligibility", params=wanted)

    async def contacts(self, patient_id: str) -> list[Contact]:
        """Where codes can be sent; none: the patient must first be given a phone number at SHA."""
        return [contact async for contact in self._read(Contact, "/patients/contacts", patient_id=patient_id)]

    def benefits(self, patient_id: str) -> AsyncIterator[Shape]:
        return self._read(Shape, "/patients/benefits", patient_id=patient_id)

    def sub_benefits(self, patient_id: str) -> AsyncIterator[SubBenefit]:
        return self._read(SubBenefit, "/patients/sub-benefits", patient_id=patient_id)

    async def interventions(self, patient_id: str, sub_benefit_code: str) -> AsyncIterator[Intervention]:
        """What is paid for under a sub-benefit; nothing where there is no such sub-benefit."""
        wanted = {"patient_id": patient_id, "sub_benefit_code": sub_benefit_code}
        async for found in self._read(Intervention, "/patients/benefits/interventions", **wanted):
            self._keep(found)
            yield found

    async def utilization(self, patient_id: str, intervention_code: str) -> list[Shape]:
        """What is left of the limits: one object, or one for each scope."""
        wanted = {"patient_id": patient_id, "intervention_code": intervention_code}
        body = await self._wire.ask("GET", "/patients/benefits/utilization", effect=False, params=wanted)
        return [reading(Shape, row) for row in (body if isinstance(body, list) else [body])]

    async def intervention(self, patient_id: str, code: str) -> Intervention | None:
        """How SHA pays for one intervention; None where it does not, for this member at this facility."""
        if (kept := self._known(code)) is not None:
            return kept
        benefits = [benefit async for benefit in self.sub_benefits(patient_id)]
        # A code begins like the package that it belongs to: so the likely list is read first, and mostly alone.
        for benefit in sorted(benefits, key=lambda benefit: not likely(benefit, code)):
            async for found in self.interventions(patient_id, benefit.code):
                if found.code == code:
                    return found
        return None

    def _known(self, code: str) -> Intervention | None:
        at, kept = self._kept.get(code, (0.0, None))
        return kept if kept is not None and self._clock() - at < KEPT_SECONDS else None

    def _keep(self, found: Intervention) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[found.code] = (self._clock(), found)

    async def _read(self, shape: type[AnyReading], path: str, **params: str) -> AsyncIterator[AnyReading]:
        async for row in self._wire.rows(path, **params):
            yield reading(shape, row)


def reading(shape: type[AnyReading], row: object) -> AnyReading:
    try:
        return shape.read(row)
    except Unreadable:
        raise Away(SERVICE, "unreadable") from None


def likely(benefit: SubBenefit, code: str) -> bool:
    return any(name and code.startswith(f"{name}-") for name in (benefit.parent_code, benefit.code))
