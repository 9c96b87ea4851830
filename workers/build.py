"""Which code a worker runs, as Temporal keeps it with every step of a visit."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from integrations.settings import Settings

HERE = Path(__file__).resolve().parents[1]
ROOMS = ("models", "integrations", "activities", "workflows", "workers")
DEPLOYMENT = "njia"


@cache
def fingerprint() -> str:
    """The version and eight digits of what the code says: the same wherever the same code lies."""
    digest = hashlib.sha256()
    for module in sorted(path for room in ROOMS for path in (HERE / room).rglob("*.py")):
        digest.update(module.relative_to(HERE).as_posix().encode() + b"\0" + module.read_bytes())
    version = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]["version"]
    return f"{version}-{digest.hexdigest()[:8]}"


def deployment_of(settings: Settings) -> WorkerDeploymentConfig:
    """A name and nothing else: tasks go to any worker, as the visits' patches expect.

    Left alone, the SDK makes a build id of the bytecode of every module loaded: seconds, at each start.
    """
    version = WorkerDeploymentVersion(DEPLOYMENT, settings.build or fingerprint())
    return WorkerDeploymentConfig(version, use_worker_versioning=False)
