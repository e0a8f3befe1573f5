"""A client that asks again after a lost reply is told what happened the first time, whatever is up
meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.crash.site import Site
from tests.web.stream.venue import run


def test_no_engine_at_the_second_time_of_asking(site: Site) -> None:
    """Placed; the reply is lost with its connection; asked again, there is no engine: that is no refusal."""

    async def scenario() -> None:
        async with site.client("alice", timeout_s=40) as alice:
            lost: list[dict[str, Any]] = []
            deliver = alice._socket._on_reply

            def lose_the_first(message: dict[str, Any]) -> None:
                if lost or "order" not in message:
                    deliver(message)
                    return
                lost.append(message)
                site.kill(site.engine)
                assert alice._socket._connection is not None
                alice._socket._connection.transport.abort()

            alice._socket._on_reply = lose_the_first  # type: ignore[method-assign]
            placing = asyncio.create_task(
                alice.place_order("AAPL", "buy", price="150", quantity="1", client_order_id="once")
            )
            await asyncio.sleep(2.5)
            assert lost
            assert not placing.done()
            await asyncio.to_thread(site.start_engine)
            result = await placing
            assert result.order.order_id == lost[0]["order"]["order_id"]
            ids = [order.client_order_id for order in await alice.get_orders("open")]
            assert ids.count("once") == 1

    run(scenario(), 60)
