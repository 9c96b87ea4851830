"""The whole clinic on one machine: which parts there are, in which order, and when each of them is ready."""

from collections.abc import Awaitable, Callable, Collection, Iterator

from integrations.embedded.leftovers import clear_parts, refuse_a_second
from integrations.embedded.ports import refuse_busy_ports
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.embedded.process import Part
from integrations.embedded.readiness import api_answers, sandbox_answers, worker_is_polling
from integrations.embedded.supervision import Supervision
from integrations.embedded.temporal import EmbeddedTemporal
from integrations.settings import Settings

PARTS = ("postgres", "temporal", "sandbox", "worker", "api")


class House:
    """The parts of one clinic. `program` is the command line to which `worker` or `api` is added.

    A sandbox of outside services that listens already is shared (its callbacks go to whoever asked) until it ends.
    """

    def __init__(self, settings: Settings, program: tuple[str, ...], without: Collection[str] = ()) -> None:
        self.settings = settings
        self.program = program
        self.without = frozenset(without)
        ours = {
            "postgres": settings.embedded_database,
            "temporal": settings.embedded_temporal,
            "sandbox": settings.environment == "development",
        }
        self.parts = [part for part in PARTS if part not in self.without and ours.get(part, True)]

    async def run(
        self, say: Callable[[str], None], prepare: Callable[[], Awaitable[None]], welcome: Callable[[], None]
    ) -> None:
        """Start everything in order, `prepare` between the servers and the clinic's own processes, and watch over it.

        Never returns: it is cancelled, or raises PartFailed. Either way nothing is left running.
        """
        self.settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        with refuse_a_second(self.settings.data):
            await clear_parts(self.settings.data)
            refuse_busy_ports(self.ports())

            async def work(supervision: Supervision) -> None:
                for part in self.servers():
                    await supervision.start(part)
                await prepare()
                for part in self.processes():
                    await supervision.start(part)
                welcome()

            await Supervision(self.settings.data, say).run(work)

    def ports(self) -> dict[str, tuple[str, int]]:
        """What we are about to listen on, by the setting that moves it."""
        settings = self.settings
        wanted = {}
        if "temporal" in self.parts:
            wanted["NJIA_TEMPORAL_PORT"] = ("127.0.0.1", settings.temporal_port)
            wanted["NJIA_TEMPORAL_UI_PORT"] = ("127.0.0.1", settings.temporal_ui_port)
        if "api" in self.parts:
            wanted["NJIA_PORT"] = (settings.host, settings.port)
        return wanted

    def servers(self) -> Iterator[Part]:
        """PostgreSQL and Temporal, as far as they are ours to start."""
        settings = self.settings
        if "postgres" in self.parts:
            yield EmbeddedPostgres(settings.data, settings.socket_folder).part()
        if "temporal" in self.parts:
            yield EmbeddedTemporal.of(settings).part()

    def processes(self) -> Iterator[Part]:
        """The clinic's own processes: the workers, then the API."""
        environment = self.settings.as_environment()
        if "sandbox" in self.parts:
            yield Part(
                name="sandbox",
                command=(*self.program, "sandbox"),
                environment=environment,
                ready=sandbox_answers(self.settings),
            )
        if "worker" in self.parts:
            for number in range(1, self.settings.workers + 1):
                yield Part(
                    name="worker" if number == 1 else f"worker-{number}",
                    command=(*self.program, "worker"),
                    environment=environment,
                    ready=worker_is_polling(self.settings),
                    grace=30.0,
                )
        if "api" in self.parts:
            yield Part(
                name="api",
                command=(*self.program, "api"),
                environment=environment,
                ready=api_answers(self.settings, healthy=not self.without & {"postgres", "temporal"}),
            )
