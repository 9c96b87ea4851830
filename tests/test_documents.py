"""What the documents say is so: links lead somewhere, commands exist, and the first visit works as it is pasted."""

import ast
import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import typer.main
import uvicorn

from activities.records import TEMPORAL_UI
from api.app import create_app
from integrations.settings import Settings
from njia import app as command_line
from tests.clinic import ROOT, WholeClinic

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
IDS = [str(document.relative_to(ROOT)) for document in DOCUMENTS]
INVENTED = {"models/actions/dental.py", "tests/pathway/test_dental.py"}
"""Files of the example in `docs/adding-a-service.md`."""

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)


def blocks(text: str, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text) if kind == language]


def prose(text: str) -> str:
    return FENCE.sub("", text)


def code(text: str) -> str:
    """Everything that is written as code: blocks, and words between backticks."""
    return "\n".join([*(body for _, body in FENCE.findall(text)), *re.findall(r"`([^`\n]+)`", prose(text))])


def anchors(document: Path) -> set[str]:
    """The headings as the ends of links name them."""
    headings = re.findall(r"^#+ (.+)$", prose(document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(prose(document.read_text())):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = document.parent / parts.path if parts.path else document
        assert target.exists(), link
        assert not parts.fragment or parts.fragment in anchors(target), link


@every_document
def test_every_command_exists(document: Path) -> None:
    commands: Any = typer.main.get_command(command_line)
    for first, second in re.findall(r"(?<![\w./-])njia ([a-z]+)(?: ([a-z]+))?", code(document.read_text())):
        assert first in commands.commands, first
        below = getattr(commands.commands[first], "commands", None)
        assert below is None or second in below, f"{first} {second}"


@every_document
def test_every_make_target_exists(document: Path) -> None:
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    named = re.findall(r"(?:^|\s)make ([a-z]+)", code(document.read_text()))
    assert set(named) <= set(declared[1].split())


@every_document
def test_every_setting_exists(document: Path) -> None:
    named = set(re.findall(r"\bNJIA_([A-Z][A-Z_]*[A-Z])\b", document.read_text()))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@every_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|json|yml))`", prose(document.read_text()))
    assert [name for name in named if not (ROOT / name).exists() and name not in INVENTED] == []


@every_document
def test_python_in_a_document_is_python(document: Path) -> None:
    for block in blocks(document.read_text(), "python"):
        ast.parse(textwrap.dedent(block))


@every_document
def test_no_document_is_too_long_to_be_read(document: Path) -> None:
    assert len(document.read_text().splitlines()) <= 250


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_tells_why_what_and_what_follows_on_one_screen(decision: Path) -> None:
    text = decision.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert len(text.splitlines()) <= 50


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def section(document: Path, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", document.read_text(), re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


@contextlib.asynccontextmanager
async def served(clinic: WholeClinic) -> AsyncIterator[str]:
    """The clinic's API on a port of its own; its address."""
    config = uvicorn.Config(create_app(clinic.clinic), log_level="warning", ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def pasted(script: str) -> str:
    """What bash prints; the script must succeed and complain of nothing."""
    assert shutil.which("curl"), "this test needs curl: sudo apt-get install curl"
    pipe = asyncio.subprocess.PIPE
    quiet = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    shell = await asyncio.create_subprocess_exec("bash", "-euc", script, stdout=pipe, stderr=pipe, env=quiet)
    printed, complaints = await shell.communicate()
    assert (shell.returncode, complaints.decode()) == (0, "")
    return printed.decode()


async def test_the_first_visit_of_the_readme_works_as_it_is_pasted(open_clinic: WholeClinic) -> None:
    told = section(ROOT / "README.md", "A first visit")
    walk, reading = blocks(told, "bash")
    (expected,) = blocks(told, "text")
    async with served(open_clinic) as address:
        moved = walk.replace(f"http://127.0.0.1:{Settings.model_fields['port'].default}", address)
        assert moved != walk
        printed = await pasted(f"{moved}\necho -----\n{reading}")
    before, _, after = printed.partition("-----\n")
    assert before == expected
    bill, timeline, audit = (json.loads(line) for line in after.splitlines())
    assert (bill["total"], bill["balance"]) == ("690.00", "0.00")
    assert [item["status"] for item in timeline["items"]] == ["DONE"] * len(timeline["items"])
    assert len(audit["items"]) == len(timeline["items"])


def queries() -> list[str]:
    """The queries of the table in the supervisors' page."""
    rows = re.findall(
        r"^\| .+? \| `([^`]+)`", section(ROOT / "docs" / "supervising.md", "Finding visits"), re.MULTILINE
    )
    assert rows
    return rows


@pytest.mark.parametrize("query", queries())
async def test_a_query_of_the_supervisors_page_is_understood(open_clinic: WholeClinic, query: str) -> None:
    counted = await open_clinic.clinic.temporal.count_workflows(f'({query}) AND OpNumber="none"')
    assert counted.count == 0


def test_a_link_of_the_supervisors_page_asks_what_its_row_says() -> None:
    rows = section(ROOT / "docs" / "supervising.md", "Finding visits")
    linked = re.findall(r"`([^`]+)` \(\[open\]\(([^)]+)\)\)", rows)
    assert linked
    for query, link in linked:
        assert parse_qs(urlsplit(link).query)["query"] == [query]


def test_the_supervisors_page_names_the_actor_of_the_temporal_ui() -> None:
    assert f"`{TEMPORAL_UI}`" in (ROOT / "docs" / "supervising.md").read_text()
