"""Secrets at rest: what opens a patient's claim at a payer, and papers that go with it."""

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Closed(Exception):
    """A sealed value that this keyring cannot open. The message names the key's id and nothing else."""


class Vault:
    """Seals with the current key of `Settings.keyring`, opens with whichever key a value names.

    A value is tied to what it is about (`about`, an id): moved to another row it does not open. Its form:
    the key id's length in one byte, the key id, 12 bytes of nonce, the sealed bytes.
    """

    def __init__(self, keyring: Mapping[str, bytes]) -> None:
        self.ciphers = {name.encode(): AESGCM(key) for name, key in keyring.items()}
        self.current, self.cipher = next(iter(self.ciphers.items()))

    def seal(self, plain: bytes, about: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.cipher.encrypt(nonce, plain, about.encode())
        return bytes([len(self.current)]) + self.current + nonce + sealed

    def open(self, value: bytes, about: str) -> bytes:
        key_id, rest = value[1 : 1 + value[0]], value[1 + value[0] :]
        cipher = self.ciphers.get(key_id)
        if cipher is None:
            raise Closed(f"No key is called {key_id[:64].decode(errors='replace')!r}.")
        try:
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], about.encode())
        except InvalidTag:
            raise Closed("A sealed value does not open.") from None
