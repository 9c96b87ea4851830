"""Writes that belong to no visit: the errand, stamped with who sends it, its key and its address."""

from typing import Annotated, Any

from fastapi import Depends

from api.clinic import Address, Key
from api.security import Signed
from models.administration import Errand


def errand_of(actor: Signed, key: Key, address: Address) -> Errand:
    return Errand(id=key, actor=actor, address=address)


TheErrand = Annotated[Errand, Depends(errand_of)]
Answer = dict[str, Any]
"""As the administration stored it: the same key is answered with the same words."""
