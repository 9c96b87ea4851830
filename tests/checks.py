"""Every check of this repository, one after the other, with a summary; `make test` and the CI call it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("models", "integrations", "activities", "workflows", "api", "workers", "demo", "benchmarks", "migrations")

# What tests need beyond Python: the program, and Debian's packages that bring it.
NEEDED = {"node": "nodejs", "npm": "npm", "curl": "curl", "chromium": "chromium"}


def run_checks(folder: Path) -> int:
    """Run all of them in `folder`, also after one failed; 0 when all passed, else 1."""
    fetch_what_is_missing()
    results: list[tuple[str, bool, float]] = []
    for name, command in checks(folder):
        tell(f"== {name}")
        began = time.monotonic()
        passed = subprocess.run(command, cwd=folder, check=False).returncode == 0
        results.append((name, passed, time.monotonic() - began))
    tell("== summary")
    for name, passed, seconds in results:
        tell(f"{'passed' if passed else 'FAILED'}  {name} ({seconds:.1f} s)")
    return 0 if all(passed for _, passed, _ in results) else 1


def checks(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each check's name and command; pytest comes last, so that its closing line is near the end."""
    scripts = Path(sysconfig.get_path("scripts"))
    rooms = [room for room in (*ROOMS, "tests") if any((folder / room).rglob("*.py"))]
    yield "format", (str(scripts / "ruff"), "format", "--check", ".")
    yield "lint", (str(scripts / "ruff"), "check", ".")
    yield "types", (str(scripts / "mypy"), "njia.py", *rooms)
    yield "imports", (str(scripts / "lint-imports"),)
    # Much of a test's time is waiting for servers, so a few files run side by side, each with servers of its own.
    yield "tests", (sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile")


def fetch_what_is_missing() -> None:
    """Install Debian's packages where we may; else say how, and let the tests that need them speak for themselves."""
    packages = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if not packages:
        return
    command = ("apt-get", "install", "-y", "--no-install-recommends", *packages)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tell(f"== {' '.join(command)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (("apt-get", "update", "-qq"), command):
            subprocess.run(step, env=quiet, stdout=subprocess.DEVNULL, check=False)
    if missing := [package for program, package in NEEDED.items() if not shutil.which(program)]:
        tell(f"missing for some tests: {' '.join(missing)}; install with: sudo apt-get install {' '.join(missing)}")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
