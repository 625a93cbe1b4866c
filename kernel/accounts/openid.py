"""This file signs in by an OpenID Connect provider: code flow with PKCE, state and nonce.

It maps to accounts that exist and makes none: who works here is said here, who somebody is, by the provider.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection, Engine, RowMapping, insert, select

from kernel.accounts import events
from kernel.accounts.events import Origin
from kernel.accounts.sign_in import Entered, folded, let_in
from kernel.accounts.tables import ACCOUNT, IDENTITY
from metadata.problems import Problem, Problems, Refused

VARIABLES = {
    "issuer": "AROEIRA_OIDC_ISSUER",
    "client_id": "AROEIRA_OIDC_CLIENT_ID",
    "client_secret": "AROEIRA_OIDC_CLIENT_SECRET",
    "label": "AROEIRA_OIDC_LABEL",
}
LABEL = "Conta da operadora"
SCOPE = "openid email profile"
CHALLENGE = "s256".upper()  # in capitals it would read as one of our codes
DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # never `none`, never a shared secret
PATIENCE_SECONDS, LEEWAY_SECONDS, KEPT_SECONDS = 10, 60, 3600
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Unusable(Exception):
    """The provider did not answer as the standard says."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this site is known to its provider."""

    issuer: str
    client_id: str
    client_secret: str
    label: str = LABEL


@dataclass(frozen=True, slots=True)
class Flow:
    """What one way to the provider and back must find again: it travels sealed, in the browser that went."""

    state: str
    nonce: str
    verifier: str
    back: str
    redirect: str

    def to_text(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> Flow:
        """Read it from text."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is by the provider; `email` only when the provider verified it."""

    issuer: str
    subject: str
    email: str


def from_environment(environment: Mapping[str, str]) -> Settings | None:
    """Return the settings of the environment; None without an issuer.

    Errors: Problems with A141 for what is missing, A142 for an issuer that is not reached by https.
    """
    read = {name: environment.get(variable, "").strip() for name, variable in VARIABLES.items()}
    if not read["issuer"]:
        return None
    missing = [VARIABLES[name] for name in ("client_id", "client_secret") if not read[name]]
    problems = [Problem("A141", {"name": name}) for name in missing]
    if not _is_safe(read["issuer"]):
        problems.append(Problem("A142", {"name": VARIABLES["issuer"]}))
    if problems:
        raise Problems(problems)
    return Settings(**read | {"label": read["label"] or LABEL})


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class Provider:
    """A provider: its addresses and keys are asked for once an hour, and again for a key never seen."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._turn = threading.Lock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def start(self, back: str, redirect: str) -> tuple[str, Flow]:
        """Return the address to send the browser to, and what must be found again.

        Errors: Unusable.
        """
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        flow = Flow(state, nonce, verifier, back, redirect)
        endpoint = self._described_now()["authorization_endpoint"]
        address, _ = self._client(redirect).create_authorization_url(
            endpoint, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce
        )
        return str(address), flow

    def finish(self, flow: Flow, answered: Mapping[str, str]) -> Identity:
        """Return who came back; `answered` are the parameters of the address they came back to.

        Errors: Unusable.
        """
        if not secrets.compare_digest(answered.get("state", "").encode(), flow.state.encode()):
            raise Unusable("state")
        if answered.get("iss", self.settings.issuer) != self.settings.issuer:
            raise Unusable("iss")
        if "code" not in answered:
            raise Unusable(answered.get("error", "code")[:60])
        try:
            token = self._client(flow.redirect).fetch_token(
                self._described_now()["token_endpoint"],
                grant_type="authorization_code",
                code=answered["code"],
                code_verifier=flow.verifier,
            )
        except (AuthlibBaseError, requests.RequestException, ValueError) as error:
            raise Unusable(type(error).__name__) from error
        return self._identity(token, flow)

    def _identity(self, token: Mapping[str, Any], flow: Flow) -> Identity:
        settings = self.settings
        options: Any = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
        }
        checked = {
            "nonce": flow.nonce,
            "client_id": settings.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            read = self._decoded(str(token.get("id_token", "")))
            claims = CodeIDToken(read.claims, read.header, options, checked)
            claims.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            raise Unusable(f"id_token: {type(error).__name__}") from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise Unusable("sub")
        is_verified = claims.get("email_verified") is True
        return Identity(settings.issuer, subject, str(claims.get("email", "")) if is_verified else "")

    def _decoded(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._keys_now(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(text, self._keys_now(anew=True), algorithms=ALGORITHMS)

    def _client(self, redirect: str) -> OAuth2Session:
        settings = self.settings
        return OAuth2Session(
            settings.client_id,
            settings.client_secret,
            scope=SCOPE,
            redirect_uri=redirect,
            code_challenge_method=CHALLENGE,
            default_timeout=PATIENCE_SECONDS,
        )

    def _described_now(self) -> dict[str, Any]:
        with self._turn:
            if self._described is None or time.monotonic() - self._described[0] > KEPT_SECONDS:
                self._described = time.monotonic(), self._describe()
            return self._described[1]

    def _describe(self) -> dict[str, Any]:
        found = _get(self.settings.issuer.rstrip("/") + DISCOVERY)
        if found.get("issuer") != self.settings.issuer:
            raise Unusable("issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _is_safe(str(found.get(name, ""))):
                raise Unusable(name)
        return found

    def _keys_now(self, *, anew: bool = False) -> KeySet:
        address = self._described_now()["jwks_uri"]
        with self._turn:
            if anew or self._keys is None or time.monotonic() - self._keys[0] > KEPT_SECONDS:
                self._keys = time.monotonic(), KeySet.import_key_set(_get(address))  # type: ignore[arg-type]
            return self._keys[1]


def _get(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=PATIENCE_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise Unusable(type(error).__name__) from error
    if not isinstance(found, dict):
        raise Unusable("JSON")
    return found


def enter(
    engine: Engine, identity: Identity, origin: Origin, device: str, now: datetime
) -> Entered | Refused:
    """Let in the account that an identity is linked to, or else the one with its verified e-mail."""
    with engine.begin() as connection:
        account = _linked(connection, identity) or _link_by_email(connection, identity)
        if account is None or not account["is_active"]:
            number = account["id"] if account else None
            events.note(connection, now, origin, "openid", account=number, outcome="R472")
            return Refused("R472", {})
        return let_in(connection, account, origin, device, now)


def _linked(connection: Connection, identity: Identity) -> RowMapping | None:
    mine = (IDENTITY.c.issuer == identity.issuer, IDENTITY.c.subject == identity.subject)
    asked = select(ACCOUNT).join(IDENTITY, IDENTITY.c.account == ACCOUNT.c.id).where(*mine)
    return connection.execute(asked).mappings().one_or_none()


def _link_by_email(connection: Connection, identity: Identity) -> RowMapping | None:
    """Link the account of an e-mail; one with another subject already is not given to this one.

    A provider may give the address of somebody who left to somebody else; the subject stays.
    """
    if not identity.email:
        return None
    mine = (ACCOUNT.c.email == folded(identity.email), ~ACCOUNT.c.is_demo)
    account = connection.execute(select(ACCOUNT).where(*mine)).mappings().one_or_none()
    if account is None:
        return None
    linked = (IDENTITY.c.issuer == identity.issuer, IDENTITY.c.account == account["id"])
    if connection.scalar(select(IDENTITY.c.subject).where(*linked)) is not None:
        return None
    row = {"issuer": identity.issuer, "subject": identity.subject, "account": account["id"]}
    connection.execute(insert(IDENTITY).values(**row))
    return account
