"""A passkey in software: what a browser and its device answer, made as the standard says."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData


class SoftKey:
    """One credential. ``verifies``: whether it asks its holder for finger, face or PIN."""

    def __init__(self, host: str = "localhost", verifies: bool = True) -> None:
        self.host, self.origin, self.verifies = host, f"http://{host}", verifies
        self.name, self.key = os.urandom(32), ec.generate_private_key(ec.SECP256R1())
        self.handle = ""

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _flags(self) -> AuthenticatorData.FLAG:
        flags = AuthenticatorData.FLAG
        return flags.UP | (flags.UV if self.verifies else flags(0))

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = options["publicKey"]
        self.handle = asked["user"]["id"]
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.name, ES256.from_cryptography_key(self.key.public_key())
        )
        said = AuthenticatorData.create(
            sha256(self.host.encode()).digest(), self._flags() | AuthenticatorData.FLAG.AT, 0, credential
        )
        return self._answer(
            clientDataJSON=websafe_encode(self._client("webauthn.create", asked["challenge"])),
            attestationObject=websafe_encode(AttestationObject.create("none", said, {})),
        ) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        said = AuthenticatorData.create(sha256(self.host.encode()).digest(), self._flags(), 1)
        signature = self.key.sign(said + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(said),
            signature=websafe_encode(signature),
            userHandle=self.handle,
        )

    def _answer(self, **response: str) -> dict[str, Any]:
        name = websafe_encode(self.name)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def owner(self) -> str:
        return websafe_decode(self.handle).decode()
