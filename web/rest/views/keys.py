"""API keys over REST: people and their programs with a log-in manage them, never a key."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import notice_texts, notices, step_up
from accounts.identity.identities import Identity
from accounts.identity.log_in_places import Place
from accounts.keys import issuing
from accounts.models import ApiKey
from exchange.errors import RequestError
from web.access.limiter import ORDERS, rates_of
from web.rest import key_shapes as shapes
from web.rest import params, schema
from web.rest.base import LogInView


class KeysView(LogInView):
    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        """A request for a key may bring a guess at the password."""
        return "login" if self.request.method == "POST" else "reads"

    @schema.operation(
        operation_id="list_keys",
        summary="Your API keys, newest first",
        description="Those that are not revoked. Needs a log-in: a key does not see keys.",
        tags=["keys"],
        auth=list(schema.LOG_INS),
        reply=shapes.ApiKeys,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        user, _ = self.log_in(request)
        return Response({"keys": [issuing.render(key) for key in issuing.keys_of(user)]})

    @schema.operation(
        operation_id="create_key",
        summary="Make an API key; its secret is shown this once",
        description="Needs a log-in that has proved lately that it is the user (POST /api/v1/step-up); or "
        "the password in the request, and from users with a second factor a code.",
        tags=["keys"],
        auth=list(schema.LOG_INS),
        request=shapes.KeyRequest,
        reply=shapes.NewApiKey,
        engine=False,
        errors=(
            "INVALID_TEXT",
            "STEP_UP_REQUIRED",
            "INVALID_CREDENTIALS",
            "MFA_REQUIRED",
            "LOGIN_BUSY",
            "TOO_MANY_KEYS",
            "ACCOUNT_NOT_FOUND",
        ),
    )
    def post(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        wish = issuing.parse_wish(self.body(request))
        _check_order_rate(wish, identity)
        asked = self.asked(request)
        if self.body(request).get(step_up.PASSWORD) is not None:
            step_up.prove(asked, user, identity, self.body(request))
        step_up.require_recent_proof(identity)
        key, secret = issuing.create(user, identity, wish)
        notices.tell(user, notice_texts.KEY_CREATED, _facts(key, asked.place))
        return Response({"key": issuing.render(key), "secret": secret})


class KeyView(LogInView):
    @schema.operation(
        operation_id="revoke_key",
        summary="End an API key, within a second everywhere",
        tags=["keys"],
        auth=list(schema.LOG_INS),
        reply=shapes.RevokedKey,
        engine=False,
        description="Needs a log-in that has proved lately that it is the user (POST /api/v1/step-up).",
        errors=("STEP_UP_REQUIRED", "KEY_NOT_FOUND"),
    )
    def delete(self, request: Request, key_id: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        user, _ = self.proved(request)
        key = issuing.revoke(user, key_id)
        notices.tell(user, notice_texts.KEY_REVOKED, _facts(key, self.asked(request).place))
        return Response({"revoked": True})


def _facts(key: ApiKey, place: Place) -> dict[str, str]:
    return notices.facts_of(place, label=key.label, key_id=key.key_id)


def _check_order_rate(wish: issuing.Wish, identity: Identity) -> None:
    """Raises INVALID_FIELD for a rate above the account's, ACCOUNT_NOT_FOUND."""
    account = issuing.account_of(wish, identity)
    most = next(iter(rates_of(ORDERS, account, identity.roles, identity.rate_tier)), None)
    if wish.order_rate is not None and most and wish.order_rate * most.span_s > most.maximum:
        expected = f"at most {most.maximum // most.span_s} a second, as the account"
        raise RequestError("INVALID_FIELD", {"field": "order_rate", "expected": expected})
