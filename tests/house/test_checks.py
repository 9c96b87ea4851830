"""One command runs every check, and hides none."""

import subprocess
import sys
from pathlib import Path

from tests.house.traces import ROOT


def test_a_failing_check_neither_hides_the_others_nor_passes(tmp_path: Path) -> None:
    (tmp_path / "njia.py").write_text("answer = {'ill':   'formatted'}\n")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text("def test_one() -> None:\n    assert True\n")
    script = "import pathlib, sys, tests.checks; sys.exit(tests.checks.run_checks(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    summary = done.stdout.partition("== summary")[2]
    assert done.returncode == 1
    assert "FAILED  format" in summary
    assert "passed  lint" in summary
    assert "passed  tests" in summary
    assert "1 passed" in done.stdout
