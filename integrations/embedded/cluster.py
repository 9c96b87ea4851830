"""Where the files of the embedded PostgreSQL lie: always found under `<data>/postgres`.

Usually that is the folder itself. Only for root, and only where `nobody` could not reach it (a clone under root's
home), it is a link to a folder of `installation.SHARED`, which notes the data folder it belongs to: a data folder that
was moved keeps its database, and one that was copied does not silently write into the database of the first.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from integrations.embedded.installation import Account, account_for, binaries, shared_folder
from integrations.embedded.process import PartFailed

# Text sorts by code point and is folded by Unicode's rules, alike on every machine; checksums are on by default.
INITDB = ("--username=njia", "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin")
BUILTIN_LOCALE = "--builtin-locale=C.UTF-8"


def ensure_cluster(data: Path) -> Path:
    """The folder of a cluster with the database `njia`, made where it is missing; PartFailed when it cannot be."""
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    place = data / "postgres"
    if not place.exists():
        place.unlink(missing_ok=True)
        _make(data, place)
    if place.is_symlink():
        _refuse_a_copy(data, place)
    return place.resolve()


def remove_cluster(data: Path) -> None:
    """Delete the cluster of this data folder, wherever it lies; for tests and for those who begin anew."""
    place = data / "postgres"
    if place.is_symlink():
        shutil.rmtree(place.resolve().parent, ignore_errors=True)
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _make(data: Path, place: Path) -> None:
    """Complete or absent: the cluster gets its name when `initdb` and the creation of the database are done."""
    if os.geteuid() == 0 and not _everybody_reaches(data):
        home = Path(tempfile.mkdtemp(prefix="cluster-", dir=shared_folder()))
        home.chmod(0o711)
        try:
            _initialise(home / "postgres")
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        (home / "belongs-to").write_text(str(data.resolve()))
        place.symlink_to(home / "postgres")
    else:
        unfinished = data / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _initialise(unfinished)
        unfinished.rename(place)


def _everybody_reaches(folder: Path) -> bool:
    whole = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (whole, *whole.parents))


def _initialise(cluster: Path) -> None:
    cluster = cluster.resolve()  # the programs run in that folder
    account = account_for(cluster)
    cluster.mkdir(mode=0o700)
    if account:
        os.chown(cluster, account.uid, account.gid)
    programs = binaries()
    _run(account, cluster, str(programs / "initdb"), "-D", str(cluster), *INITDB, BUILTIN_LOCALE)
    single = (str(programs / "postgres"), "--single", "-D", str(cluster), "postgres")
    _run(account, cluster, *single, given="CREATE DATABASE njia;\n")


def _run(account: Account | None, folder: Path, *command: str, given: str = "") -> None:
    done = subprocess.run(
        command,
        input=given,
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0 or "FATAL" in done.stderr:
        raise PartFailed(f"PostgreSQL could not make its files in {folder}:\n{done.stderr.strip()}")


def _refuse_a_copy(data: Path, place: Path) -> None:
    note = place.resolve().parent / "belongs-to"
    owner = Path(note.read_text())
    if owner == data.resolve():
        return
    if (owner / "postgres").is_symlink() and (owner / "postgres").resolve() == place.resolve():
        raise PartFailed(
            f"{place} leads to the database of {owner}, of which this data folder is a copy; "
            f"remove that link to begin with an empty database"
        )
    note.write_text(str(data.resolve()))
