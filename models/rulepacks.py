"""Rule packs: clinical rules as data, one TOML file for each version, with its source and the day it begins.

`rules/<name>/<version>.toml` is written for clinicians to read and sign; what it means is decided by pure functions.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "rules"


@cache
def packs(name: str) -> dict[str, dict[str, Any]]:
    """Every version of a pack by its name, the oldest first. Raises FileNotFoundError for a pack that is none."""
    files = sorted((FOLDER / name).glob("*.toml"))
    if not files:
        raise FileNotFoundError(f"there is no rule pack {name!r}")
    read = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {pack["version"]: pack for pack in sorted(read, key=lambda pack: pack["effective_from"])}


def pack_for(name: str, day: date) -> dict[str, Any]:
    """The newest version that is in force on that day; the oldest where none is."""
    versions = list(packs(name).values())
    return next((pack for pack in reversed(versions) if pack["effective_from"] <= day), versions[0])
