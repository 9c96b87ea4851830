"""A later version of the code in which a visit has one more fact: how many actions were looked at again."""

import shutil
from pathlib import Path

from tests.clinic import ROOT

ROOMS = ("models", "integrations", "activities", "workflows", "workers", "rules")
FILES = ("njia.py", "pyproject.toml")
EXPAND = "alter table visits add column looks integer not null default 0"
"""Its migration: code that knows nothing of the column goes on writing rows."""

CONTRACT = "alter table visits drop column looks"


def written_into(folder: Path) -> Path:
    """The whole code with the new fact; its command line."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    change(folder / "models/visit.py", "    version: int = 0\n", "    version: int = 0\n    looks: int = 0\n")
    counted = "version=self.version + 1,"
    change(folder / "models/visit.py", counted, f"{counted} looks=self.looks + 1,")
    change(
        folder / "models/tables/visits.py",
        "    version: Mapped[int]",
        "    looks: Mapped[int]\n    version: Mapped[int]",
    )
    return folder / "njia.py"


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, (file, before)
    file.write_text(text.replace(before, after))
