"""Life in the foreground of a terminal or under a service manager: until the first signal that asks us to end."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_told_to_stop(life: Coroutine[Any, Any, None]) -> None:
    """Live until SIGINT, SIGTERM or SIGHUP, then cancel and let `life` clean up; further signals do not disturb that.

    Raises what `life` raises.
    """
    living = asyncio.ensure_future(life)
    told = asyncio.Event()
    for number in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    telling = asyncio.ensure_future(told.wait())
    await asyncio.wait({living, telling}, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    if told.is_set():
        living.cancel()
        await asyncio.wait({living})
    if not living.cancelled():
        living.result()
