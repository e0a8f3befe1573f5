"""Which user names a person may take.

3 to 30 letters and digits, ``_`` and ``-`` between them, of one script (Latin, Hangul and so on): no mixture
of scripts can pretend to be a name that is there. A name that looks like one of the house (``admin``,
``support``, …) is nobody's, however it is spelled.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Lower

from accounts.models import PendingSignUp, User, name_key
from exchange.errors import RefusedError, RequestError

SHORTEST: Final = 3
LONGEST: Final = 30
#: Longest text that is looked at: NFKC may make one character many.
_LONGEST_GIVEN: Final = 150

#: Names that speak for the house.
RESERVED: Final = frozenset(
    {
        *("admin", "administrator", "root", "superuser", "sysadmin", "system", "xtrader", "exchange"),
        *("support", "helpdesk", "help", "service", "staff", "team", "official", "moderator", "mod"),
        *("operator", "operators", "compliance", "auditor", "audit", "security", "treasury", "custody"),
        *("billing", "finance", "wallet", "deposit", "deposits", "withdrawal", "withdrawals", "fees"),
        *("postmaster", "hostmaster", "webmaster", "abuse", "noreply", "mailerdaemon", "info"),
        *("api", "bot", "demo", "test", "null", "none", "undefined", "anonymous", "everyone", "nobody"),
        *("관리자", "운영자", "고객센터", "고객지원", "보안", "공식"),
    }
)
#: Letters and digits that are read as a Latin letter.
_LOOKS_LIKE: Final = str.maketrans(
    {
        **dict(zip("аеорсухікмтвнԁѕјԛԝһӏɡ", "aeopcyxikmtbhdsjqwhlg", strict=True)),
        **dict(zip("αβεικνορτυχηωγ", "abeiknoptuxnwy", strict=True)),
        **dict(zip("0134578", "oieastb", strict=True)),
        "l": "i",
        "ı": "i",
        "ӏ": "i",
        "ø": "o",
        "đ": "d",
        "ł": "i",
    }
)


def read_name(given: str) -> str:
    """The name as it is kept: NFKC. Raises USERNAME_NOT_ALLOWED."""
    name = unicodedata.normalize("NFKC", given) if len(given) <= _LONGEST_GIVEN else ""
    if not SHORTEST <= len(name) <= LONGEST:
        raise _not_allowed("length")
    if not all(_is_letter(one) or one in "_-" for one in name):
        raise _not_allowed("characters")
    if name[0] in "_-" or name[-1] in "_-":
        raise _not_allowed("characters")
    if len({_script(one) for one in name if one.isalpha()}) > 1:
        raise _not_allowed("scripts")
    if is_reserved(name):
        raise _not_allowed("reserved")
    return name


def is_reserved(name: str) -> bool:
    """Whether it looks like a name of the house, with or without digits behind it."""
    plain = name_key(name)
    return bool({_look(plain), _look(plain.rstrip("0123456789_-"))} & _RESERVED_LOOKS)


def is_taken(name: str) -> bool:
    """Whether a user has the name, however its letters are written."""
    return User.objects.filter(Q(name_key=name_key(name)) | Q(username=name)).exists()


def pending_of(name: str) -> PendingSignUp | None:
    """The sign-up that holds the name."""
    return PendingSignUp.objects.filter(name_key=name_key(name)).first()


def taken() -> RefusedError:
    return RefusedError("USERNAME_TAKEN", {"field": "username"})


def name_of(given: str) -> str:
    """The user name of who logs in as ``given``: a user name, an e-mail address, or a name in other letters,
    looked for in this order. As given, where there is no such user. One query, whatever is found."""
    is_name, is_email = Q(username=given), Q(small_email=given.lower()) & ~Q(email="")
    candidates = User.objects.alias(small_email=Lower("email")).filter(
        is_name | is_email | Q(name_key=name_key(given))
    )
    order = Case(
        When(is_name, then=Value(0)),
        When(is_email, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = candidates.alias(order=order).order_by("order").values_list("username", flat=True).first()
    return given if found is None else found


def _not_allowed(reason: str) -> RequestError:
    return RequestError("USERNAME_NOT_ALLOWED", {"field": "username", "reason": reason})


def _is_letter(one: str) -> bool:
    return unicodedata.category(one)[0] == "L" or one in "0123456789"


def _script(one: str) -> str:
    """LATIN, HANGUL, CYRILLIC and so on: the first word of a letter's name."""
    return unicodedata.name(one, "?").partition(" ")[0]


def _look(name: str) -> str:
    """What names have in common that a reader may take for each other."""
    apart = unicodedata.normalize("NFKD", name.replace("-", "").replace("_", ""))
    bare = "".join(one for one in apart if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", bare.translate(_LOOKS_LIKE).replace("rn", "m").replace("vv", "w"))


_RESERVED_LOOKS: Final = frozenset(_look(name_key(name)) for name in RESERVED)
