"""M-Pesa is told where payments are confirmed: by a command, and a sandbox by the worker that starts."""

import asyncio
import sys

from tests.clinic import ROOT
from tests.payments.conftest import Till
from workers.registration import register_in_the_sandbox


async def registered(till: Till, *, sandbox_port: int) -> tuple[int, str]:
    environment = till.clinic.environment | {"NJIA_SANDBOX_PORT": str(sandbox_port)}
    command = (sys.executable, str(ROOT / "njia.py"), "service", "register", "mpesa")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=pipe, stderr=pipe)
    out, error = await process.communicate()
    return process.returncode or 0, (out + error).decode()


async def registrations(till: Till) -> int:
    return len(await till.sandbox.ledger("mpesa", kind="registration"))


async def test_the_command_registers_and_shows_the_addresses(closed_till: Till) -> None:
    before = await registrations(closed_till)
    code, said = await registered(closed_till, sandbox_port=closed_till.clinic.settings.sandbox_port)
    assert code == 0, said
    assert closed_till.told_path in said
    assert "mpesa" not in closed_till.told_path
    assert await registrations(closed_till) == before + 1


async def test_the_command_says_when_m_pesa_is_away(closed_till: Till) -> None:
    code, said = await registered(closed_till, sandbox_port=9)
    assert code == 1
    assert "Not registered" in said
    assert "Traceback" not in said


async def test_only_a_sandbox_is_told_at_the_start_of_a_worker(closed_till: Till) -> None:
    settings = closed_till.clinic.settings
    before = await registrations(closed_till)
    real = {"mpesa_url": f"{settings.sandbox}/mpesa", "sha_url": f"{settings.sandbox}/sha"}
    await register_in_the_sandbox(settings.model_copy(update=real))
    assert await registrations(closed_till) == before
    await register_in_the_sandbox(settings)
    assert await registrations(closed_till) == before + 1
