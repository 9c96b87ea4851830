"""The command line of Njia; the only module that knows every room."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
import uvloop
from pydantic import ValidationError

from integrations.settings import Settings

if TYPE_CHECKING:
    from integrations.database import Pool
    from models.services import Service

Answer = TypeVar("Answer")

# Rooms are imported by the command that enters them: each process loads what it needs, and starts the sooner.

AWAY = "The database does not answer. Is the clinic running, and NJIA_DATA or NJIA_DATABASE_URL its own?"
HERE = Path(__file__).resolve().parent
PROGRAM = (sys.executable, str(HERE / "njia.py"))

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)


def settings_or_exit() -> Settings:
    """The settings of this process; a wrong one is named without showing its value, which may be a secret."""
    try:
        return Settings()
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name = f"NJIA_{'_'.join(map(str, error['loc'])).upper()}: " if error["loc"] else ""
            typer.secho(f"{name}{error['msg']}", err=True)
        raise typer.Exit(2) from None


@app.command()
def up(
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out postgres, temporal, sandbox, worker or api; may be repeated.")
    ] = None,
) -> None:
    """Start what is missing, prepare it, and watch over it until Ctrl-C."""
    from integrations.embedded.foreground import until_told_to_stop
    from integrations.embedded.house import PARTS, House
    from integrations.embedded.process import PartFailed

    left_out = frozenset(without or ())
    if unknown := left_out - set(PARTS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    settings = settings_or_exit()
    house = House(settings, PROGRAM, left_out)
    try:
        asyncio.run(until_told_to_stop(house.run(say, lambda: prepare(settings, left_out), lambda: welcome(settings))))
    except PartFailed as failure:
        typer.secho(str(failure), err=True)
        raise typer.Exit(1) from None


async def prepare(settings: Settings, left_out: frozenset[str] = frozenset()) -> None:
    """What the clinic's processes rely on, as far as its servers are there: tables, namespace, demo people."""
    from activities.seed import seed as sow
    from integrations.database import migrate as upgrade
    from integrations.temporal import connect, prepare_namespace
    from workflows.attributes import SEARCH_ATTRIBUTES

    if "postgres" not in left_out:
        await asyncio.to_thread(upgrade, settings)
    if "temporal" not in left_out:
        await prepare_namespace(await connect(settings), settings, SEARCH_ATTRIBUTES)
    if "postgres" not in left_out and settings.environment == "development":
        await sow(settings)


def say(line: str) -> None:
    """Tell whoever watches; when nobody does any more (a closed terminal), stopping cleanly matters more."""
    with contextlib.suppress(OSError):
        typer.echo(line)


def welcome(settings: Settings) -> None:
    """Where everything is, and in development who may sign in."""
    from models.staff import Role

    say(f"The clinic is open.\n  API           {settings.own_url} (described at {settings.own_url}/docs)")
    if settings.environment == "development":
        say(f"  Sandbox       {settings.sandbox}/_sandbox")
    say(f"  Temporal UI   {settings.ui_url}\n  Data, logs    {settings.data.resolve()}")
    if settings.environment == "development":
        people = [*(role.lower() for role in Role), "clinical_officer_2", "triage_nurse_2"]
        say(f"  Sign in as    {', '.join(people)}\n  Password      {settings.demo_password.get_secret_value()}")
    say("Ctrl-C closes it.")


@app.command()
def worker() -> None:
    """Run one worker process."""
    from workers.clinic import main

    uvloop.run(main(settings_or_exit()))


@app.command()
def api() -> None:
    """Run one API process."""
    from api.app import main

    uvloop.run(main(settings_or_exit()))


@app.command()
def sandbox() -> None:
    """Run the sandbox of outside services (development)."""
    from integrations.sandbox.app import main

    uvloop.run(main(settings_or_exit()))


@app.command()
def migrate() -> None:
    """Bring the tables up to date, and prepare the Temporal namespace."""
    asyncio.run(prepare(settings_or_exit()))


@app.command()
def seed() -> None:
    """Write the demo people, prices and lists; in development only."""
    from activities.seed import seed as sow

    settings = settings_or_exit()
    if settings.environment != "development":
        typer.secho("demo people exist in development only (NJIA_ENVIRONMENT)", err=True)
        raise typer.Exit(2)
    uvloop.run(sow(settings))


@app.command()
def recover() -> None:
    """After the Temporal server was lost: start a run for every open visit. May be repeated."""
    from integrations.temporal import connect, prepare_namespace
    from workers.recovery import recover as start_runs
    from workflows.attributes import SEARCH_ATTRIBUTES

    async def run(settings: Settings) -> int:
        client = await connect(settings)
        await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)
        return await start_runs(client, settings)

    typer.echo(f"{asyncio.run(run(settings_or_exit()))} open visits have a run.")


@app.command()
def stuck() -> None:
    """Which visits do not move, why, and who can act; the exit code is 1 where there are any."""
    from api.stuck import in_words, stuck_here

    report = asyncio.run(answered(stuck_here(settings_or_exit())))
    for line in in_words(report):
        typer.echo(line)
    raise typer.Exit(1 if report.visits else 0)


async def answered(asked: Awaitable[Answer]) -> Answer:
    """What was asked of the database by SQLAlchemy; says so in one line where it does not answer."""
    from sqlalchemy.exc import DBAPIError

    try:
        return await asked
    except (DBAPIError, OSError):
        typer.secho(AWAY, err=True)
        raise typer.Exit(3) from None


@app.command()
def replay() -> None:
    """Before a rollout: does everything that is open go on with this code? Changes nothing."""
    from integrations.temporal import connect
    from workers.build import fingerprint
    from workers.replaying import Finding, replayed

    async def run(settings: Settings) -> list[Finding]:
        return [finding async for finding in replayed(await connect(settings), settings)]

    logging.disable(logging.CRITICAL)  # what fails is named below
    try:
        findings = asyncio.run(run(settings_or_exit()))
    except RuntimeError as unreachable:
        typer.secho(f"Temporal does not answer: {unreachable}", err=True)
        raise typer.Exit(3) from None
    troubled = [finding for finding in findings if finding.trouble]
    for finding in troubled:
        typer.echo(finding.in_words())
    typer.echo(f"{fingerprint()}: {len(findings)} open runs, {len(troubled)} of them cannot go on with this code.")
    raise typer.Exit(1 if troubled else 0)


@app.command()
def reconcile(
    repair: Annotated[
        bool, typer.Option("--repair/--no-repair", help="Start or wake the runs that are missing or behind.")
    ] = True,
    lately: Annotated[
        bool, typer.Option("--lately", help="Only what is open or moved in the last two days, as every hour.")
    ] = False,
) -> None:
    """Compare rows, queues, ledger and workflows; exit code 0 where all agree, 1 where not. May be repeated."""
    from models.problems import Unavailable
    from models.reconciliation import Scope
    from workers.reconciling import compared

    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    try:
        found = asyncio.run(compared(settings_or_exit(), Scope(everything=not lately, repair=repair)))
    except Unavailable as away:
        typer.secho(str(away), err=True)
        raise typer.Exit(3) from None
    for one in found.findings:
        typer.echo(one.in_words())
    typer.echo(found.report.in_words())
    raise typer.Exit(1 if found.findings else 0)


staff = typer.Typer(no_args_is_help=True, help="People who work here.")
app.add_typer(staff, name="staff")


@staff.command("add")
def staff_add(
    user_name: str,
    full_name: Annotated[str, typer.Option(prompt=True)],
    role: Annotated[list[str], typer.Option(help="May be repeated, e.g. --role ADMIN.")],
    password: Annotated[
        str, typer.Option(envvar="NJIA_NEW_PASSWORD", prompt=True, hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Add a person, and the facility of the settings where it is missing; how the first ADMIN comes in."""
    from activities.seed import add_facility_and_admin
    from models.problems import Refused
    from models.staff import Role

    try:
        roles = [Role(name.upper()) for name in role]
        asyncio.run(add_facility_and_admin(settings_or_exit(), user_name, full_name, password, roles))
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            typer.secho(f"{'.'.join(map(str, error['loc']))}: {error['msg']}", err=True)
        raise typer.Exit(2) from None
    except (Refused, ValueError) as no:
        typer.secho(str(no), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{user_name} may sign in now.")


audit = typer.Typer(no_args_is_help=True, help="The audit's chains and seals.")
app.add_typer(audit, name="audit")


@audit.command("verify")
def audit_verify() -> None:
    """Walk every chain and seal, and name the first broken or missing link."""
    from activities.audit import verify

    finding = through_the_pool(verify)
    typer.echo(str(finding) if finding else "Every chain and every seal is whole.")
    raise typer.Exit(1 if finding else 0)


@audit.command("seal")
def audit_seal() -> None:
    """Seal the heads of all chains that grew, as the schedule does every evening."""
    from datetime import datetime

    from activities.audit import seal
    from models.command import NAIROBI

    number = through_the_pool(lambda pool: seal(pool, datetime.now(NAIROBI).date()))
    typer.echo(f"Seal number {number}.")


service = typer.Typer(no_args_is_help=True, help="The outside services.")
app.add_typer(service, name="service")


def outside(name: str) -> "Service":
    from models.services import Service

    try:
        return Service(name.lower())
    except ValueError:
        raise typer.BadParameter(f"the services are {', '.join(Service)}") from None


def through_the_pool(work: "Callable[[Pool], Awaitable[Answer]]") -> Answer:
    """Run one piece of work on the clinic's database; says so in one line where it does not answer."""
    from psycopg_pool import PoolTimeout

    from integrations.database import writing_pool

    async def run(settings: Settings) -> Answer:
        async with writing_pool(settings) as pool:
            return await work(pool)

    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(run(settings_or_exit()))
    except PoolTimeout:
        typer.secho(AWAY, err=True)
        raise typer.Exit(3) from None


@service.command("list")
def service_list() -> None:
    """Which service is up, paused or failing, and since when."""
    from activities.gate import standings

    for standing in through_the_pool(standings):
        typer.echo(standing.in_words())


@service.command("pause")
def service_pause(
    name: str, reason: Annotated[str, typer.Option(help="Why; `njia service list` shows it.")] = "no reason was given"
) -> None:
    """Leave a service alone; what waits for it goes on when it is resumed."""
    from activities.gate import pause

    through_the_pool(lambda pool: pause(pool, outside(name), reason))
    typer.echo(f"{name} is paused. Resume it with: njia service resume {name}")


@service.command("resume")
def service_resume(name: str) -> None:
    """Call a service again: what is known to wait for it at once, the rest within minutes."""
    from activities.gate import resume
    from workers.resuming import going_on

    called = outside(name)
    through_the_pool(lambda pool: resume(pool, called))
    count = asyncio.run(going_on(settings_or_exit(), called))
    typer.echo(f"{name} is called again." + (f" {count} calls go on at once." if count else ""))


@service.command("register")
def service_register(
    name: str, tenant: Annotated[str, typer.Option(help="Our name at SHA, as it was issued.")] = ""
) -> None:
    """Tell a service (mpesa, sha) where it reaches this clinic; once at go-live, and when the address changes."""
    from integrations.services.outside import OutsideFailure
    from workers.registration import register

    try:
        urls = asyncio.run(register(settings_or_exit(), outside(name), tenant))
    except (OutsideFailure, ValueError) as missing:
        typer.secho(f"Not registered: {missing}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{name} was told: " + "\n  and ".join(urls))
    typer.echo("Keep these addresses to yourself: whoever knows them may call.")


@app.command()
def demo(
    patients: Annotated[int, typer.Option(min=1, help="How many patients to walk through.")] = 30,
    at_once: Annotated[int, typer.Option(min=1, help="How many of them side by side.")] = 4,
    random_seed: Annotated[int | None, typer.Option("--seed", help="The same seed invents the same patients.")] = None,
    url: Annotated[str, typer.Option(help="The clinic; by default the one of the settings.")] = "",
    sandbox: Annotated[str, typer.Option(help="The sandbox of its outside services; by default likewise.")] = "",
    without_outage: Annotated[bool, typer.Option("--without-outage", help="Leave every service up.")] = False,
) -> None:
    """Walk generated patients through a running clinic by HTTP, with payers and an outage in their midst."""
    from demo.walk import Plan, any_seed, main
    from integrations.settings import SERVICE_SECRETS

    settings = settings_or_exit()
    has_real_services = any(getattr(settings, address) for address in SERVICE_SECRETS)
    plan = Plan(
        url=url or settings.own_url,
        password=settings.demo_password.get_secret_value(),
        sandbox=sandbox or ("" if has_real_services else settings.sandbox),
        patients=patients,
        at_once=at_once,
        seed=any_seed() if random_seed is None else random_seed,
        has_outage=not without_outage,
    )
    raise typer.Exit(main(plan))


@app.command()
def check() -> None:
    """Run every check: format, lint, types, the way of imports, tests."""
    from tests.checks import run_checks

    raise typer.Exit(run_checks(HERE))


def run() -> None:
    """Run the command, and leave without taking the interpreter apart where a Temporal client was used.

    The client's threads outlive it, and now and then one of them aborts an interpreter that is being taken apart, after
    the work is done (temporalio/sdk-python, issue 300): the exit code would be a lie.
    """
    code = 0
    try:
        app()
    except SystemExit as end:
        if "temporalio" not in sys.modules or isinstance(end.code, str):
            raise
        code = end.code or 0
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
