"""What a worker says about its failures: where and of which type. Never what they say, for that may quote a patient.

PostgreSQL's errors name the row that they refuse, pydantic's the value, and the SDK logs every failed attempt whole.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType


class Discreet(logging.Formatter):
    """Formats an exception, and those that led to it, as type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, then the exceptions; also where a message itself repeats its exception, as asyncio's do."""
        errors = list(chain(record.exc_info[1] if record.exc_info else None))
        record.exc_text = "\n".join(f"{type(error).__name__} at {place(error.__traceback__)}" for error in errors)
        said = super().format(record)
        for error in errors:
            said = said.replace(repr(error), f"{type(error).__name__}(…)")
        return said


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what it came from, the nearest first."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def place(trace: TracebackType | None) -> str:
    """The innermost line of code, `file:line function`."""
    frames = traceback.extract_tb(trace)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else "nowhere"


def log_discreetly() -> None:
    """Everything this process logs from now on, warnings and worse, goes to standard error that way."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
