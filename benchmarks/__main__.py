"""`python -m benchmarks` measures and writes `benchmarks/results.md`; `… profile` shows where the time goes."""

import asyncio
import gc
import os
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from benchmarks.contenders import Contender, contenders
from benchmarks.house import Measured, measured_house
from benchmarks.machine import machine
from benchmarks.measuring import Sample, measured
from benchmarks.profiling import BEGIN, FOLDER, PROFILED, busiest
from benchmarks.report import MANY, SERIAL, WAYS, Results, written

RESULTS = Path(__file__).with_name("results.md")
T = TypeVar("T")
Samples = dict[tuple[str, int], list[Sample]]

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, help=__doc__)
Count = Annotated[int, typer.Option(min=2 * MANY, help="Actions of each kind in a round, each way.")]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes, of the clinic and of the bare workflow.")]


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured, in turns.")] = 5,
    count: Count = 320,
    workers: Workers = 1,
) -> None:
    """Measure the direct transaction, the bare Update and the staff action, in turns."""
    if context.invoked_subcommand:
        return
    described = machine()
    samples = asyncio.run(all_measured(rounds, count, workers))
    text = written(described, Results(count, workers, samples))
    RESULTS.write_text(text)
    typer.echo(text)


async def all_measured(rounds: int, count: int, workers: int) -> Samples:
    typer.echo("Starting a clinic of its own …")
    async with measured_house(workers) as house:
        return await on_uvloop(round_by_round(house, rounds, count))


async def on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """Do it on the loop that API and workers have too, in a thread: uvloop cannot start the parts of the house."""
    return await asyncio.to_thread(uvloop.run, work)


async def round_by_round(house: Measured, rounds: int, count: int) -> Samples:
    async with contenders(house.settings) as all_three:
        typer.echo("Warming up …")
        await a_round(house, all_three, 4 * MANY)
        gc.freeze()  # what this process loaded is no work of the acts
        samples: Samples = {(one.name, at_once): [] for at_once in WAYS for one in all_three}
        for number in range(rounds):
            typer.echo(f"Round {number + 1} of {rounds} …")
            turned = all_three[number % 3 :] + all_three[: number % 3]
            for which, sample in (await a_round(house, turned, count)).items():
                samples[which].append(sample)
        return samples


async def a_round(house: Measured, those: tuple[Contender, ...], count: int) -> dict[tuple[str, int], Sample]:
    """Each contender, both ways, on new subjects: what came before does not weigh."""
    acts = {one.name: await one.opened(MANY) for one in those}
    return {(name, n): await measured(acts[name], count, n, house.pids) for n in (SERIAL, MANY) for name in acts}


@app.command()
def profile(count: Count = 640, top: Annotated[int, typer.Option(min=1, help="Functions of each list.")] = 25) -> None:
    """Where API and worker spend their processor time during staff actions."""
    with tempfile.TemporaryDirectory(prefix="njia-profiles-") as folder:
        os.environ[FOLDER] = folder
        asyncio.run(profiled(count))
        for file in sorted(Path(folder).glob("*.prof")):
            busiest(file, count, top)


async def profiled(count: int) -> None:
    async with measured_house(1, PROFILED) as house:
        await on_uvloop(staff_actions(house, count))


async def staff_actions(house: Measured, count: int) -> None:
    async with contenders(house.settings) as (_, _, staff):
        acts = await staff.opened(MANY)
        await measured(acts, 2 * MANY, SERIAL, {})
        for pid in (*house.pids["api"], *house.pids["worker"]):
            os.kill(pid, BEGIN)
        await measured(acts, count, SERIAL, {})


if __name__ == "__main__":
    app()
