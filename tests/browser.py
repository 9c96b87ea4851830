"""A headless Chromium, led step by step as a person would use it (DevTools protocol)."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.clinic import eventually

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--window-size=1400,1150",
    "--remote-debugging-port=0",
)
SECONDS = 60


class Unable(Exception):
    """The browser cannot do that, in its own words."""


class Browser:
    """One page."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.numbers = itertools.count(1)
        self.session = ""

    async def command(self, method: str, **given: Any) -> dict[str, Any]:
        """What the browser answers; what it reports meanwhile is not listened to."""
        number = next(self.numbers)
        said = {"id": number, "method": method, "params": given}
        await self.line.send(json.dumps(said | ({"sessionId": self.session} if self.session else {})))
        async with asyncio.timeout(SECONDS):
            while True:
                heard = json.loads(await self.line.recv())
                if heard.get("id") == number:
                    if "error" in heard:
                        raise Unable(heard["error"]["message"])
                    return dict(heard["result"])

    async def begin(self) -> None:
        target = (await self.command("Target.createTarget", url="about:blank"))["targetId"]
        self.session = (await self.command("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        await self.command("Page.enable")

    async def open(self, url: str) -> None:
        await self.command("Page.navigate", url=url)

    async def reload(self) -> None:
        await self.command("Page.reload")

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page; None while one page gives way to the next."""
        try:
            answer = await self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        except Unable:
            return None
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def on_every_page(self, script: str) -> None:
        """Before anything else of the page."""
        await self.command("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def text(self) -> str:
        return str(await self.run("document.body ? document.body.innerText : ''"))

    async def shows(self, *words: str) -> None:
        """Wait until all of it stands there."""
        there = ""

        async def is_shown() -> bool:
            nonlocal there
            there = await self.text()
            return all(word in there for word in words)

        try:
            await eventually(is_shown, SECONDS)
        except TimeoutError:
            raise AssertionError(f"{words} not among:\n{there}") from None

    async def press(self, label: str) -> None:
        """Whatever may be pressed and says so; the last of several, for dialogs stand at the end."""
        wanted = json.dumps(label)
        found = (
            "[...document.querySelectorAll('button, a, [role=option], [role=menuitem], li')].filter("
            f"e => e.innerText && e.innerText.trim() === {wanted} && e.offsetParent !== null && !e.disabled).at(-1)"
        )

        async def is_there() -> bool:
            return bool(await self.run(f"{found} !== undefined"))

        await eventually(is_there, SECONDS)
        await self.run(f"{found}.click()")

    async def fill(self, selector: str, text: str) -> None:
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.type(text)

    async def type(self, text: str) -> None:
        """Where the cursor stands."""
        await self.command("Input.insertText", text=text)

    async def photograph(self, target: Path) -> None:
        shot = await self.command("Page.captureScreenshot", format="png")
        target.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Browser]:
    """A browser with an empty profile, gone afterwards."""
    chromium = which("chromium")
    assert chromium, "browser tests need Debian's chromium: sudo apt-get install chromium"
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        chromium, *FLAGS, f"--user-data-dir={profile}", stdout=quiet, stderr=quiet
    )
    port = profile / "DevToolsActivePort"

    async def listens() -> bool:
        return port.exists() and len(port.read_text().splitlines()) == 2

    try:
        await eventually(listens, SECONDS)
        number, path = port.read_text().splitlines()
        async with connect(f"ws://127.0.0.1:{number}{path}", max_size=None, proxy=None) as line:
            browser = Browser(line)
            await browser.begin()
            yield browser
            browser.session = ""
            await browser.command("Browser.close")
    finally:
        if process.returncode is None:
            async with asyncio.timeout(SECONDS):
                with suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
