"""One round: a user of its own with two accounts and four keys, the acts all at once, and the quiet after."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections import Counter
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.engine import messages as m
from tests.crash.rush.acts import NO_SUCH_KEY, Act, Answer, Json, KeyLife, Story, Verdict, What
from tests.crash.rush.judge import KEY_ENDS_WITHIN_S
from tests.crash.rush.judge_withdrawals import ENDED, HELD, PAID, REFUSED
from tests.crash.rush.plan import OPENING, Party, Plan
from tests.crash.rush.teller import is_left_alone
from tests.crash.rush.ways import Key, Nobody, RestWay, SocketWay, Token, Way, new_client
from tests.crash.site import RECOVERY_S, Site
from tests.web.stream.venue import PASSWORD

#: Orders sent with a key after its end is known everywhere, by each way there is.
_LATE_S: Final = KEY_ENDS_WITHIN_S + 0.05
_PAUSE_S: Final = 0.1
_SCOPES: Final = ("read", "trade", "transfer", "withdraw")
#: Where withdrawals go.
_ADDRESS: Final = {"asset": "KRW", "address": "Some Bank 123-456-7890", "label": "home"}
_PAGE: Final = 200


class Gauge:
    """How many requests are on their way, and how many there were at most."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


class Crowd:
    """``number`` of the round, ``who``: name and main account of its user. ``open`` it, then ``rush``, then
    ``close``; ``count`` gives the figures."""

    def __init__(self, site: Site, number: int, seed: int, who: tuple[str, int], gauge: Gauge) -> None:
        self.site = site
        self._name = f"r{number}"
        self._user, main = who
        self._luck = random.Random(f"rush:{seed}:{number}")
        self._gauge = gauge
        self._client: httpx.AsyncClient = new_client()
        self._ways: dict[str, Way] = {}
        self.story = Story(self._name, main, 0, [], {})
        self._quiet = asyncio.Event()
        self._late: list[asyncio.Task[None]] = []
        #: Withdrawals that are being asked for, by their names.
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._late_count = 0
        self._address_id = ""

    async def rush(self, quiet: asyncio.Event) -> None:
        """All acts, to the quiet after them. ``quiet`` is set once nothing more is killed and all serves."""
        self._quiet = quiet
        parties = (self._party("main"), self._party("sub"))
        plan = Plan(self._luck, self._name, parties, tuple(self.story.keys), self._address_id)
        self.story.acts = plan.draw()
        began = time.monotonic()
        acting = [asyncio.create_task(self._perform(act, began, plan)) for act in self.story.acts]
        for act, task in zip(self.story.acts, acting, strict=True):
            if act.what is What.WITHDRAWAL:
                self._asking[act.name] = task
        await asyncio.gather(*acting)
        await asyncio.gather(*self._late)
        await quiet.wait()
        await self._withdrawals_end()
        await self._read_again()

    async def close(self) -> None:
        for way in self._ways.values():
            await way.close()
        await self._client.aclose()

    # --- the user ------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Log in, open the sub-account, make the keys, and give both accounts what they begin with."""
        story, url = self.story, self.site.urls[0]
        nobody = RestWay("log-in", self._client, url, Nobody())
        pair = await _asked(nobody, "POST", "/api/v1/token", username=self._user, password=PASSWORD)
        owner = RestWay("owner", self._client, url, Token(pair["access"], story.main))
        story.sub = await self._open_sub(owner)
        entry = await _asked(owner, "POST", "/v1/addresses", **_ADDRESS)
        self._address_id = entry["address"]["address_id"]
        self._fund("main", story.main)
        self._fund("sub", story.sub)
        for party, account in (("main", story.main), ("sub", story.sub)):
            self._add_ways(party, "token", Token(pair["access"], account))
            for kind in ("hmac", "ed25519"):
                self._add_ways(party, kind, await self._new_key(owner, account, kind))

    async def _open_sub(self, owner: RestWay) -> int:
        opened = await _asked(owner, "POST", "/v1/accounts", name="bot")
        number = int(opened["account"]["account"])
        deadline = time.monotonic() + RECOVERY_S
        while self.site.admin.query("account", number).value is None:
            assert time.monotonic() < deadline, f"account {number} does not open"
            await asyncio.sleep(_PAUSE_S)
        for url in self.site.urls:
            # The other process knows of it a moment later.
            way = RestWay("sub", self._client, url, Token(owner.proof.auth()["token"], number))
            while (await way.ask("GET", "/v1/balances", {})).status != 200:
                assert time.monotonic() < deadline, f"{url} does not know of account {number}"
                await asyncio.sleep(_PAUSE_S)
        return number

    def _fund(self, party: str, account: int) -> None:
        for asset, minor in OPENING[party].items():
            self.site.submit(m.deposit(self.site.next_id(), account, asset, minor))

    async def _new_key(self, owner: RestWay, account: int, kind: str) -> Key:
        wish: Json = {"label": kind, "scopes": list(_SCOPES), "kind": kind, "account": str(account)}
        private_key = Ed25519PrivateKey.generate()
        if kind == "ed25519":
            public = private_key.public_key().public_bytes_raw()
            wish["public_key"] = base64.b64encode(public).decode()
        made = await _asked(owner, "POST", "/api/v1/keys", **wish)
        key_id = made["key"]["key_id"]
        self.story.keys[key_id] = KeyLife(key_id, account)
        if kind == "hmac":
            return Key(key_id, secret=made["secret"])
        return Key(key_id, private_key=private_key.private_bytes_raw())

    def _add_ways(self, party: str, kind: str, proof: Token | Key) -> None:
        """By this proof over REST to each web process, and over a WebSocket to one of them."""
        urls = self.site.urls
        for web, url in enumerate(urls):
            name = f"{kind}-{party}-rest{web}"
            self._ways[name] = RestWay(name, self._client, url, proof)
        web = self._luck.randrange(len(urls))
        name = f"{kind}-{party}-ws{web}"
        self._ways[name] = SocketWay(name, urls[web], proof)

    def _party(self, name: str) -> Party:
        ways = [way for way in self._ways if f"-{name}-" in way]
        number, other = self.story.accounts if name == "main" else self.story.accounts[::-1]
        rest, sockets = ([way for way in ways if f"-{kind}" in way] for kind in ("rest", "ws"))
        return Party(number, name, tuple(rest), tuple(sockets), other)

    # --- the acts ------------------------------------------------------------------------------------

    async def _perform(self, act: Act, began: float, plan: Plan) -> None:
        await asyncio.sleep(max(0.0, began + act.delay_s - time.monotonic()))
        if act.after is not None and not await self._learn_name(act, act.after):
            return
        life = self.story.keys.get(act.name)
        if life is not None:
            life.revoking_at = time.monotonic()
        await asyncio.gather(*(self._send(act, way) for way in act.ways))
        while act.asks_again and not act.is_told:
            await self._quiet.wait()
            # The key may have ended meanwhile: whoever owns it logs in.
            await self._send(act, self._token_way(act.account))
            await asyncio.sleep(_PAUSE_S)
        if life is not None and (ended := next(act.of(Verdict.DONE), None) or _was_done(act)):
            life.revoked_at = ended.answered_at
            self._late.append(asyncio.create_task(self._come_late(life, plan)))

    async def _learn_name(self, act: Act, asked: Act) -> bool:
        """Wait until the withdrawal that it calls back has its id; whether it has one."""
        await asyncio.wait([self._asking[asked.name]])
        told = next(asked.of(Verdict.DONE), None)
        if told is not None:
            act.name = told.body["withdrawal"]["withdrawal_id"]
        return told is not None

    async def _send(self, act: Act, way: str) -> None:
        with self._gauge:
            act.answers.append(await self._ways[way].send(act))

    async def _come_late(self, life: KeyLife, plan: Plan) -> None:
        """Orders by a key that everybody knows to have ended."""
        assert life.revoked_at is not None, "it has ended"
        await asyncio.sleep(max(0.0, life.revoked_at + _LATE_S - time.monotonic()))
        party = self._party("main" if life.account == self.story.main else "sub")
        late = [plan.probe(name, party) for name, way in self._ways.items() if way.proof.key == life.key_id]
        self.story.acts += late
        self._late_count += len(late)
        await asyncio.gather(*(self._send(act, act.ways[0]) for act in late))

    async def _withdrawals_end(self) -> None:
        """Until job and operators have nothing to do about withdrawals any more: keep them as they are."""
        deadline = time.monotonic() + RECOVERY_S
        for account in self.story.accounts:
            way = self._ways[self._token_way(account)]
            assert isinstance(way, RestWay)
            while True:
                rows = (await _asked(way, "GET", f"/v1/withdrawals?limit={_PAGE}"))["withdrawals"]
                if all(_is_settled(row) for row in rows):
                    break
                assert time.monotonic() < deadline, f"withdrawals do not end: {rows}"
                await asyncio.sleep(_PAUSE_S)
            self.story.withdrawals += rows

    async def _read_again(self) -> None:
        """What the web processes show when all is quiet."""
        for account in self.story.accounts:
            for web in range(len(self.site.urls)):
                act = Act(What.READ, account, "", {}, (self._token_way(account, web),))
                self.story.acts.append(act)
                await self._send(act, act.ways[0])

    def _token_way(self, account: int, web: int = 0) -> str:
        return f"token-{'main' if account == self.story.main else 'sub'}-rest{web}"

    # --- figures -------------------------------------------------------------------------------------

    def count(self) -> Counter[str]:
        """What was asked for and what was answered."""
        counts = Counter({"rounds": 1, "acts": len(self.story.acts), "late": self._late_count})
        for act in self.story.acts:
            counts["sent"] += len(act.answers)
            for answer in act.answers:
                counts[answer.verdict] += 1
                if answer.verdict is Verdict.REFUSED:
                    counts[f"refused {answer.code}"] += 1
                if answer.verdict is Verdict.DONE:
                    counts[f"done {act.what}"] += 1
        for row in self.story.withdrawals:
            counts[f"withdrawals {row['state']}"] += 1
        return counts


def _is_settled(row: Json) -> bool:
    """Whether nothing is going to happen to a withdrawal any more."""
    return row["state"] in (REFUSED, PAID, ENDED) or (
        row["state"] in HELD and is_left_alone(int(row["withdrawal_id"]))
    )


def _was_done(act: Act) -> Answer | None:
    """Of a revocation whose answer was lost: the later one by which the key is not there any more."""
    return next((answer for answer in act.answers if answer.code == NO_SUCH_KEY), None)


async def _asked(way: RestWay, method: str, path: str, **body: Any) -> Json:
    """The reply to something that must succeed."""
    answer = await way.ask(method, path, body)
    assert answer.verdict is Verdict.DONE, f"{method} {path}: {answer}"
    return answer.body
