"""A worker process for the bare workflow, built like the clinic's: encryption, sandbox, interceptor, uvloop."""

import asyncio
import signal
from datetime import timedelta

import uvloop
from temporalio.worker import Worker

from benchmarks.bare_workflow import BareWorkflow
from integrations.settings import Settings
from integrations.temporal import connect
from workers.runner import RUNNER
from workflows.interceptors import SafeHandlers

BARE_QUEUE = "bare"


async def main(settings: Settings) -> None:
    """Work until asked to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    worker = Worker(
        await connect(settings),
        task_queue=BARE_QUEUE,
        workflows=[BareWorkflow],
        interceptors=[SafeHandlers()],
        workflow_runner=RUNNER,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )
    async with worker:
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(main(Settings()))
