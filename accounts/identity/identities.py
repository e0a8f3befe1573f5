"""Who is asking: one value, made here from what a requester proves itself with.

A bearer token, a browser's session and an API key are proofs. DRF's authentication, the fast lanes and the
WebSocket all have their ``Identity`` from this module, so that a rule about who may do what has one place.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, Literal, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from accounts.identity import own_accounts, users
from accounts.identity import terms_of_service as terms
from accounts.identity.own_accounts import OwnAccount
from accounts.identity.roles import QUOTE, may, scopes_of
from accounts.identity.scopes import READ, TRADE
from accounts.identity.users import ActiveUser
from accounts.models import ApiKey, User
from exchange.errors import RefusedError, shown

#: Longest token that is looked at.
MAX_TOKEN_BYTES: Final = 4_096

#: Of a token: ``users.auth_hash`` when it was given.
AUTH_HASH_CLAIM: Final = "auth_hash"
#: Of a token: the log-in it is of, and of a refresh token which in the row of the log-in's it is.
LOG_IN_CLAIM: Final = "log_in"
GENERATION_CLAIM: Final = "generation"

Proof = Literal["token", "session", "key"]


class Identity(NamedTuple):
    """A requester who has proved who it is."""

    user_id: int
    username: str
    #: What it acts for: the main account unless it chose another; a key's own. None for a user without a
    #: trading account, as operators and auditors are.
    account: int | None
    roles: frozenset[str]
    scopes: frozenset[str]
    #: Of the replies: ``en`` or ``ko``.
    language: str
    proof: Proof
    #: When the token or key ends, seconds since the epoch; None for a session and a key without an end.
    expires_at: float | None
    #: None for a token and a key.
    session_key: str | None
    #: Of the password and roles that the token was given for; None for a session: Django keeps its own with
    #: it.
    auth_hash: str | None
    #: The log-in that the token is of (``accounts.models.LogIn``); None for a session.
    log_in: str | None = None
    #: The key; None for a log-in.
    key_id: str | None = None
    #: Orders a second by this key, within what its account may; None without such a limit.
    order_rate: int | None = None
    #: All of the user's, by number, so that choosing among them asks nobody.
    accounts: tuple[OwnAccount, ...] = ()
    #: The last version of the terms of service that the user has accepted, 0 for none; None for a user who is
    #: not asked to.
    accepted_terms: int | None = None
    #: Whose rates hold for the user; None: those of the settings.
    rate_tier: int | None = None

    @property
    def terms_due(self) -> int | None:
        """The version of the terms of service that the user has yet to accept: until then the requester reads
        and cancels, and does no more. It may become due at any time."""
        return terms.in_force.due(self.accepted_terms)

    def account_for(self, scope: str) -> int:
        """The account, for an act of a scope (``accounts.identity.scopes``). Raises NO_ACCOUNT,
        PERMISSION_DENIED where the role lacks the scope, SCOPE_REQUIRED where only the key does, and
        TERMS_NOT_ACCEPTED, but for reading."""
        account = self._account_with(scope)
        if scope != READ:
            self.check_terms()
        return account

    def check_terms(self) -> None:
        """Raises TERMS_NOT_ACCEPTED while the user has terms of service to accept."""
        version = self.terms_due
        if version is not None:
            raise terms.not_accepted(version)

    def _account_with(self, scope: str) -> int:
        if self.account is None:
            raise RefusedError("NO_ACCOUNT")
        if scope not in self.scopes:
            raise self.lacks(scope)
        return self.account

    def choosing(self, wanted: str | None, field: str = "X-Account") -> Identity:
        """The same requester acting for the account that ``wanted`` names, by name or number; None: as it is.
        ``field``: where it was named. Raises ACCOUNT_NOT_FOUND, the same for another user's account as for
        one that does not exist. A key acts for its own account only."""
        if wanted is None:
            return self
        number = self.own_number(wanted, field)
        if self.key_id is not None and number != self.account:
            raise _not_own(wanted, field)
        return self if number == self.account else self._replace(account=number)

    def own_number(self, wanted: str, field: str = "account") -> int:
        """The number of an account of the user. Raises ACCOUNT_NOT_FOUND."""
        number = own_accounts.find(self.accounts, wanted)
        if number is None:
            raise _not_own(wanted, field)
        return number

    @property
    def seen_accounts(self) -> tuple[OwnAccount, ...]:
        """Those the requester may read: all of the user's; of a key its own."""
        if self.key_id is None:
            return self.accounts
        return tuple(each for each in self.accounts if each.number == self.account)

    def lacks(self, scope: str) -> RefusedError:
        """The refusal of an act of a scope that the requester does not have."""
        if self.key_id is None or scope not in scopes_of(self.roles):
            return RefusedError("PERMISSION_DENIED")
        return RefusedError("SCOPE_REQUIRED", {"scope": scope})

    def own_account(self) -> int:
        """The account to read for this requester."""
        return self.account_for(READ)

    def trading_account(self) -> int:
        """The account to trade for."""
        return self.account_for(TRADE)

    def canceling_account(self) -> int:
        """The account to cancel orders of: as ``trading_account``, and whatever terms are due, for nobody is
        kept in the market against his will."""
        return self._account_with(TRADE)

    def quoting_account(self) -> int:
        """The account to quote for: a market maker's."""
        account = self.trading_account()
        if not may(self.roles, QUOTE):
            raise RefusedError("PERMISSION_DENIED")
        return account

    def seconds_left(self) -> float | None:
        """How long the proof still holds, below zero once it has ended; None without an end."""
        return None if self.expires_at is None else self.expires_at - time.time()

    def in_language(self, language: str) -> Identity:
        """The same requester, answered in ``language``."""
        return self if language == self.language else self._replace(language=language)


class Verified(NamedTuple):
    """A proof that holds: the identity, and the row of its user for what Django wants a user for."""

    identity: Identity
    user: User


def verify_tokens(raw_tokens: Iterable[bytes], language: str) -> dict[bytes, Verified]:
    """Those access tokens that hold, by their bytes. One query, however many they are."""
    claims = {raw: found for raw in raw_tokens if (found := claims_of(raw, AccessToken)) is not None}
    user_ids = {each.user_id for each in claims.values()}
    active = users.active_users(user_ids, {each.log_in for each in claims.values()})
    verified = {}
    for raw, each in claims.items():
        known = active.get(each.user_id)
        if known is not None and is_current(each, known):
            identity = _of_token(known, language, each.expires_at, each.log_in)
            verified[raw] = Verified(identity, known.user)
    return verified


def verify_token(raw_token: bytes, language: str) -> Verified:
    """The user of an access token. Asks the database. Raises INVALID_TOKEN."""
    verified = verify_tokens([raw_token], language).get(raw_token)
    if verified is None:
        raise RefusedError("INVALID_TOKEN")
    return verified


def identify_token(raw_token: bytes, language: str) -> Identity:
    """The identity of an access token. Asks the database. Raises INVALID_TOKEN."""
    return verify_token(raw_token, language).identity


def key_identities(keys: Iterable[ApiKey], language: str) -> dict[str, Verified]:
    """Those keys that hold, by their ids, whether they have expired or not: none is revoked, their users are
    active and own the accounts. One query, however many they are."""
    going_on = [key for key in keys if key.revoked_at is None]
    active = users.active_users({key.user_id for key in going_on})
    return {
        key.key_id: Verified(_of_key(active[key.user_id], key, language), active[key.user_id].user)
        for key in going_on
        if key.user_id in active and _owns(active[key.user_id].accounts, key.account)
    }


def _owns(accounts: Iterable[OwnAccount], number: int | None) -> bool:
    return any(each.number == number for each in accounts)


def identify_session(session_key: str, language: str) -> Identity | None:
    """The identity of a browser's session; None when it has no log-in. Asks the database."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]  # it reads only the session
    return identify_user(user, session_key, language) if isinstance(user, User) else None


def identify_user(user: User, session_key: str, language: str) -> Identity | None:
    """The identity of a user whom Django has found logged in by a session; None when the user has just been
    made inactive."""
    known = users.active_user(user.pk)
    if known is None:
        return None
    return Identity(*_user_fields(known), language, "session", None, session_key, None, **_more_of(known))


def renewed(identity: Identity) -> Identity | None:
    """The same requester with the accounts and the tier that the user has now, and the terms accepted since;
    None once the proof no longer gives the same identity: the user is not active any more, has another
    password or role, or has lost the account that it acts for. An expiry is not looked at. Asks the
    database."""
    found = _proved_again(identity)
    if found is None or not _acts_on(found, identity.account):
        return None
    as_chosen = found._replace(account=identity.account)
    as_before = as_chosen._replace(
        accounts=identity.accounts, accepted_terms=identity.accepted_terms, rate_tier=identity.rate_tier
    )
    return as_chosen if as_before == identity else None


def _proved_again(identity: Identity) -> Identity | None:
    """What its proof gives now."""
    if identity.session_key is not None:
        return identify_session(identity.session_key, identity.language)
    if identity.key_id is not None:
        found = key_identities(ApiKey.objects.filter(key_id=identity.key_id), identity.language)
        verified = found.get(identity.key_id)
        return None if verified is None else verified.identity
    known = users.active_user(identity.user_id, identity.log_in)
    if known is None or identity.log_in not in known.log_ins:
        return None
    return _of_token(known, identity.language, identity.expires_at, identity.log_in)


def _acts_on(found: Identity, account: int | None) -> bool:
    """Whether it may go on for an account that was chosen before."""
    if account is None or found.key_id is not None:
        return found.account == account
    return _owns(found.accounts, account)


def _not_own(wanted: str, field: str) -> RefusedError:
    """The refusal of an account that is none of the requester's, whether it exists or not."""
    return RefusedError("ACCOUNT_NOT_FOUND", {"field": field, "account": shown(wanted)})


class Claims(NamedTuple):
    """The content of a token."""

    user_id: int
    log_in: str
    generation: int
    auth_hash: str
    expires_at: float


def claims_of(raw_token: bytes, kind: type[Token]) -> Claims | None:
    """The claims of a token of a kind; None when it is forged, has expired or is of another kind."""
    if len(raw_token) > MAX_TOKEN_BYTES:
        return None
    try:
        token = kind(raw_token)  # type: ignore[arg-type]
        return Claims(
            int(token[api_settings.USER_ID_CLAIM]),
            str(token[LOG_IN_CLAIM]),
            int(token[GENERATION_CLAIM]),
            str(token[AUTH_HASH_CLAIM]),
            float(token["exp"]),
        )
    except (TokenError, KeyError, ValueError, TypeError, OverflowError):
        return None


def is_current(claims: Claims, known: ActiveUser) -> bool:
    """Whether the user still has the password and roles that the token was given for, and the log-in has not
    been ended. ``known`` has been asked for it."""
    is_same = constant_time_compare(claims.auth_hash, users.auth_hash(known))
    return is_same and claims.log_in in known.log_ins


def _of_token(known: ActiveUser, language: str, expires_at: float | None, log_in: str | None) -> Identity:
    fields, auth_hash = _user_fields(known), users.auth_hash(known)
    return Identity(*fields, language, "token", expires_at, None, auth_hash, log_in, **_more_of(known))


def _of_key(known: ActiveUser, key: ApiKey, language: str) -> Identity:
    """A key has no more scopes than its user's role."""
    user_id, username, _, roles, scopes = _user_fields(known)
    expires_at = None if key.expires_at is None else key.expires_at.timestamp()
    return Identity(
        user_id,
        username,
        key.account,
        roles,
        scopes & frozenset(key.scopes),
        language,
        "key",
        expires_at,
        None,
        None,
        key_id=key.key_id,
        order_rate=key.order_rate,
        **_more_of(known),
    )


def _user_fields(known: ActiveUser) -> tuple[int, str, int | None, frozenset[str], frozenset[str]]:
    """The first five fields of an identity."""
    return known.user.pk, known.user.get_username(), known.account, known.roles, scopes_of(known.roles)


def _more_of(known: ActiveUser) -> dict[str, Any]:
    """Those of its fields that are the user's alone."""
    return {
        "accounts": known.accounts,
        "accepted_terms": known.accepted_terms,
        "rate_tier": known.user.rate_tier_id,
    }
