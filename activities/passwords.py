"""Passwords, kept as argon2id hashes. Hashing is slow on purpose, so it happens beside the event loop."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """No more than one hash per processor at a time: each takes 64 MiB."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hashed, password)

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether this password made that hash. Takes as long where there is none, so nobody learns who works here."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._fits, password, stored)

    def _hashed(self, password: str) -> str:
        return self._hasher.hash(spelled(password))

    def _fits(self, password: str, stored: str | None) -> bool:
        if stored is None:
            self._hasher.hash(spelled(password))
            return False
        try:
            return self._hasher.verify(stored, spelled(password))
        except (VerificationError, InvalidHashError):
            return False


def spelled(password: str) -> bytes:
    """Its bytes, also of what is no proper text."""
    return password.encode(errors="surrogatepass")
