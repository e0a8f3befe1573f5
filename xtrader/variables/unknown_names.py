"""Names in the environment that look like one of ours and are none.

Most of an environment belongs to others, so a name is only taken for ours when it begins with one of our
``FAMILIES`` or is nearly one of our names. A mistyped limit would otherwise be no limit, without a word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Final

#: Beginnings that are ours alone.
FAMILIES: Final = (
    "ACCOUNTS_",
    "APPROVAL_",
    "AUDIT_",
    "CORS_",
    "CUSTODY_",
    "DEMO_",
    "EMAIL_",
    "ENGINE_",
    "FEES_",
    "JOURNAL_",
    "KEYS_",
    "LOG_",
    "MARKETDATA_",
    "METRICS_",
    "PASSKEY_",
    "RATE_LIMIT_",
    "REFERRAL_",
    "SIGN_UP_",
    "SLOW_",
    "SNAPSHOT_",
    "SOLVENCY_",
    "STAFF_",
    "STEP_UP_",
    "TRACE_",
    "TRACES_",
    "XTRADER_",
)
#: Read by tests and tools, which are no part of a running exchange.
ELSEWHERE: Final = frozenset(
    {
        "XTRADER_DATA",
        "XTRADER_FUZZ_FIRST_SEED",
        "XTRADER_FUZZ_SEEDS",
        "XTRADER_HYPOTHESIS",
        "XTRADER_OTHER_PYTHON",
        "XTRADER_PICTURES",
    }
)
#: How like a name has to be to be taken for a mistyped one, as difflib counts.
_NEARLY: Final = 0.88
#: Shorter names of ours are too near to words of others: PORTS, HOSTS, COMPILER.
_SHORTEST: Final = 8
#: What Kubernetes and Docker put into every container for a service, whatever it is called.
_OF_SERVICES: Final = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


def unknown(given: Iterable[str], known: Collection[str], ignored: Collection[str] = ()) -> list[str]:
    """A line for each name that is meant for us and that nothing reads."""
    return [
        complaint(name, known)
        for name in sorted(given)
        if name not in known and name not in ELSEWHERE and name not in ignored and _is_meant(name, known)
    ]


def complaint(name: str, known: Collection[str]) -> str:
    """What to say of a name that is unknown, with the one that was probably meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"{name}: no such variable" + (f"; did you mean {near[0]}?" if near else "")


def _is_meant(name: str, known: Collection[str]) -> bool:
    if _OF_SERVICES.fullmatch(name):
        return False
    if name.startswith(FAMILIES):
        return True
    long_enough = [each for each in known if len(each) >= _SHORTEST]
    return bool(difflib.get_close_matches(name, long_enough, n=1, cutoff=_NEARLY))
