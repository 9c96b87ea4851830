"""What `docs/deploying.md` tells operators to type and to ask."""

import re
import shlex

from tests.clinic import ROOT

PAGE = (ROOT / "docs" / "deploying.md").read_text()
BAD_BUILD = "0.2.0-1f2e3d4c"
"""The build that the page takes for its example."""


def commands(beginning: str = "", build: str = BAD_BUILD) -> list[list[str]]:
    """The words of each command of Temporal's own command line that the page gives."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").replace(BAD_BUILD, build).splitlines()
    given = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("temporal ")]
    return [words for words in given if " ".join(words).startswith(beginning)]


def queries() -> list[str]:
    """The queries of its tables, as they are typed above the list of the Temporal UI."""
    return re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", PAGE, re.MULTILINE)
