"""What was once found wrong on a running exchange, by attacking it and by holding it against the reports of
other exchanges' users.

A: attacks. B: what users reported. W: the same, and weak. A test that holds a case is marked with its number,
``@pytest.mark.attack("A7")``; in the tests of the page its title ends in ``(attack B2)``. ``make attack``
runs them all and says how each case stands.
"""

from __future__ import annotations

from typing import Final

#: Number -> what it was.
FINDINGS: Final = {
    "A1": "an iceberg that shows one lot makes any taker a command of 400,000 trades",
    "A2": "headers without end cost memory without bound, and time with its square",
    "A3": "each guess of a password costs 16 MB and 160 ms, a hundred at once, and any number are free",
    "A4": "pings of a client that does not read fill the server's memory",
    "A5": "connections that ask for nothing stay, until no descriptor is left for anybody else",
    "A6": "a new password leaves the old tokens valid for a week",
    "A7": "subscribing again and again to a large snapshot stops everybody's event loop",
    "A8": "orders of one account, within its limits, make all others wait",
    "A9": "a made-up X-Forwarded-For is a new client with limits of its own",
    "A10": "clients that fail to connect go on for ever, each beside the next",
    "A11": "who is no trader any more still trades; an operator gives money to himself",
    "A12": "cookies and pages do not keep to TLS; no page has a Content-Security-Policy",
    "A13": "a data folder that others may enter is used: password hashes, sessions, all trades",
    "A14": "an exchange without the demo has the demo's users and their money",
    "A15": "failed log-ins are seen nowhere",
    "A16": "a user who was disabled goes on trading for a minute",
    "A17": "a flood of new addresses, of which IPv6 gives anybody any number, clears all counters",
    "A18": "anybody fills the disk with lines of the log",
    "A19": "metrics and health are for everybody, and cost the engine a question each time",
    "A20": "a page of another scheme of the same host opens the WebSocket with the user's cookie",
    "A21": "a request without a Host is served",
    "A22": "a rebate for one account takes more from the fee account than it earns",
    "A23": "orders reduced to dust make one taker meet a thousand of them",
    "A24": "the folder of sockets among the temporary files may be another user's, through a link",
    "A25": "sessions that have ended stay in the database for ever; one key signs sessions and tokens",
    "A26": "one order may move a shipped market to any price, where others' stops fire",
    "B1": "a filtered history ends after two pages",
    "B2": "signs vanish while a number is typed, and the number that is left is sent",
    "B3": "an operator's 1500,25 is 150,025",
    "B4": "listing a market moves everybody's portfolio into another currency",
    "B5": "with more than a hundred symbols the page says Live after a reconnect, and stands still",
    "B6": "a tab that shows one user trades for another who has logged in since",
    "B7": "a leaked refresh token cannot be taken back",
    "B8": "a client whose clock is ahead logs in for each call, until nobody at its address may",
    "B9": "the chart of prices with 18 decimals is empty",
    "W1": "an order off a raised tick cannot be reduced at the terminal",
    "W2": "of a parameter that is given twice the last one counts",
    "W3": "bearer and BEARER are refused",
    "W4": "pages of other origins can read no market data",
    "W5": "a message may be larger than clients take, and no document says how large",
    "W6": "terms of a symbol that contradict each other are refused without saying which, or taken",
    "W7": "one market's scale changes the decimals that money is shown with elsewhere",
    "W8": "the first quantity that a step gives is below the least that may be ordered",
    "W9": "an exported history is cut at 10,000 rows without a word",
}
