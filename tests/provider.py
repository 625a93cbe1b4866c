"""A real OpenID Connect provider on this machine, made of authlib's own server side, and able to misbehave."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, OAuth2Payload
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests import office

CLIENT, SECRET = "aroeira", "segredo do cliente"


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider knows; nobody is asked: whoever comes is `provider.person`."""

    subject: str
    email: str
    is_verified: bool = True


@dataclass
class Client(ClientMixin):
    """The one client: this application."""

    redirect: str = ""
    client_id: str = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/entrar/openid/volta")

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code, with what the request that got it said."""

    code: str
    person: Person
    scope: str
    redirect: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}, auto_kid=True)


@dataclass
class Provider:
    """What the provider knows, and how it misbehaves: `claims` go over the claims of its tokens."""

    issuer: str = ""
    person: Person = Person("1", "marina@operadora.example")
    claims: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey = field(default_factory=key)
    publishes: RSAKey | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)


class _Payload(OAuth2Payload):
    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._data = dict(pairs)
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._lists[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):
    def __init__(self, request: Request, pairs: list[tuple[str, str]]) -> None:
        # As behind a proxy that speaks https: authlib serves nothing else.
        super().__init__(
            request.method, str(request.url).replace("http:", "https:", 1), headers=request.headers
        )
        self.payload = _Payload(pairs)

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class _Server(AuthorizationServer):
    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.register_token_generator("default", self._token)
        self.register_grant(_grant(provider), [CodeChallenge(required=True), _id_token(provider)])

    def _token(self, **asked: Any) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "access_token": secrets.token_hex(16),
            "expires_in": 60,
            "scope": asked["scope"],
        }

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == CLIENT else None

    def save_token(self, token: Any, request: Any) -> None:
        pass

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else _Request(*request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return Response(content, status, dict(headers), media_type="application/json")


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: Any) -> None:
            said = request.payload.data
            asked = [said.get(name) for name in ("nonce", "code_challenge", "code_challenge_method")]
            redirect = request.payload.redirect_uri
            provider.codes[code] = Code(code, request.user, request.payload.scope, redirect, *asked)

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> Person:
            return authorization_code.person

    return Grant


def _id_token(provider: Provider) -> OpenIDCode:
    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, client: Any) -> RSAKey:
            return provider.signs_with

        def get_encode_header(self, client: Any) -> dict[str, str]:
            return {"alg": "RS256", "kid": provider.signs_with.kid}

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [CLIENT]}

        def generate_user_info(self, user: Person, scope: str) -> dict[str, Any]:
            known = {"sub": user.subject, "email": user.email, "email_verified": user.is_verified}
            return known | provider.claims

    return IdToken(require_nonce=True)


def application(provider: Provider) -> Starlette:
    server = _Server(provider)

    async def described(request: Request) -> Response:
        issuer = provider.issuer
        names = {"authorization_endpoint": "autorizar", "token_endpoint": "token", "jwks_uri": "chaves"}
        return JSONResponse({"issuer": issuer} | {name: f"{issuer}/{path}" for name, path in names.items()})

    async def keys(request: Request) -> Response:
        public = (provider.publishes or provider.signs_with).as_dict(private=False)
        return JSONResponse({"keys": [public | {"use": "sig", "alg": "RS256"}]})

    async def authorize(request: Request) -> Response:
        pairs = request.query_params.multi_items()
        provider.requests.append(dict(pairs))
        return await run_in_threadpool(
            _answered, lambda: _authorize(server, (request, pairs), provider.person)
        )

    async def token(request: Request) -> Response:
        pairs = [(name, str(value)) for name, value in (await request.form()).multi_items()]
        return await run_in_threadpool(_answered, lambda: server.create_token_response((request, pairs)))

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", described),
            Route("/chaves", keys),
            Route("/autorizar", authorize),
            Route("/token", token, methods=["POST"]),
        ]
    )


def _authorize(server: _Server, request: Any, person: Person) -> Any:
    grant = server.get_consent_grant(request, end_user=person)
    return server.create_authorization_response(request, grant_user=person, grant=grant)


def _answered(act: Callable[[], Any]) -> Response:
    try:
        answer = act()
    except OAuth2Error as error:
        return JSONResponse(dict(error.get_body()), 400)
    assert isinstance(answer, Response)
    return answer


@contextlib.contextmanager
def running() -> Iterator[Provider]:
    """Run a provider on a free port."""
    provider = Provider()
    with office.served(application(provider)) as address:
        provider.issuer = address
        yield provider
