"""Short secrets that must wait in the database: readable with the site's key, not from a dump alone."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes

__all__ = ["InvalidToken", "seal", "unseal"]


def _keys() -> MultiFernet:
    """The present key seals; keys of before (``SECRET_KEY_FALLBACKS``) still open."""
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"minshi.sealing:" + force_bytes(key)).digest()))
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises ``InvalidToken`` when the key is another one."""
    return _keys().decrypt(sealed.encode()).decode()
