"""The flow in the text format that Prometheus reads: gauges, nothing about a person."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from models.flow import Flow
from models.observed import Times

EVERYBODY = "ALL"
UNTRIAGED = "UNTRIAGED"


def as_metrics(flow: Flow, facility: str) -> tuple[bytes, str]:
    """The text, and its media type."""
    registry = CollectorRegistry()

    def gauge(name: str, said: str, *labels: str) -> Gauge:
        return Gauge(f"njia_{name}", said, ["facility", *labels], registry=registry)

    waiting = gauge("waiting", "Patients who wait now.", "station", "triage_category")
    late = gauge("waiting_late", "Of them, those beyond the clinic's deadline.", "station", "triage_category")
    for one in flow.waiting_now:
        waiting.labels(facility, one.station, one.triage_category or UNTRIAGED).set(one.waiting)
        late.labels(facility, one.station, one.triage_category or UNTRIAGED).set(one.late)
    crowded = gauge("crowded", "Stations where more wait than the clinic wants: 1 while it lasts.", "station")
    for crowd in flow.crowds:
        crowded.labels(facility, crowd.station).set(crowd.ended_at is None)
    wait = gauge("wait_minutes", "Waits that ended today.", "step", "triage_category", "quantile")
    service = gauge("service_minutes", "Service times of today.", "step", "triage_category", "quantile")
    for step in flow.steps:
        for family, found in ((wait, step.wait), (service, step.service)):
            for quantile, value in quantiles(found):
                family.labels(facility, step.step, step.triage_category or EVERYBODY, quantile).set(value)
    door = gauge("door_to_minutes", "From arrival to triage and to the clinician.", "to", "triage_colour", "quantile")
    for to, colour, found in doors(flow):
        for quantile, value in quantiles(found):
            door.labels(facility, to, colour, quantile).set(value)
    gauge("arrivals_today", "Visits that began today.").labels(facility).set(flow.left_without_being_seen.arrived)
    gone = gauge("left_without_being_seen_today", "Patients who left before a clinician saw them.")
    gone.labels(facility).set(flow.left_without_being_seen.left)
    breaches = gauge("breaches_today", "Waits that became longer than the clinic wants.", "step")
    for name, count in flow.breaches.items():
        breaches.labels(facility, name).set(count)
    jam = gauge("bottleneck_ratio", "Where it jams, if anywhere: nine waits in ten by their targets, above 1.", "step")
    if flow.bottleneck:
        jam.labels(facility, flow.bottleneck.step).set(flow.bottleneck.ratio)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def doors(flow: Flow) -> Iterator[tuple[str, str, Times]]:
    yield "triage", EVERYBODY, flow.door_to.triage
    yield "clinician", EVERYBODY, flow.door_to.clinician
    for colour, found in flow.door_to.clinician_by_colour.items():
        yield "clinician", colour, found


def quantiles(found: Times) -> Iterator[tuple[str, float]]:
    """Those that are known."""
    for quantile, value in (("0.5", found.p50), ("0.9", found.p90)):
        if value is not None:
            yield quantile, value
