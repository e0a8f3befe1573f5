"""What icebergs that stand at one price give to an order that sweeps it. Rule I3 of docs/orders.md."""

from __future__ import annotations

from tests.exchange.engine.reference_core.state.book import Options, Order, options_of


def shares_of(queue: list[Order], wanted: int) -> list[tuple[Order, int, int, bool]]:
    """What a queue of icebergs gives when its orders take turns, each giving what it shows and then showing
    its next part at the back: (maker, lots, shown afterwards, whether its next part is at the back) of those
    that give anything. O(n log parts)."""
    stock = [(order, options_of(order), order.quantity_lots - order.filled_lots) for order in queue]
    low = 0
    high = max([-(-(left - options.shown_lots) // options.display_lots) for _, options, left in stock]) + 1
    # The most whole rounds that are wanted; after ``high`` of them nothing is left.
    while low < high:
        rounds = (low + high + 1) // 2
        if sum([_given(options, left, rounds) for _, options, left in stock]) <= wanted:
            low = rounds
        else:
            high = rounds - 1
    shares = []
    wanted -= sum([_given(options, left, low) for _, options, left in stock])
    for order, options, left in stock:
        lots = _given(options, left, low)
        part = _given(options, left, low + 1) - lots
        last = min(part, wanted)
        wanted -= last
        is_next = 0 < last == part
        lots += last
        if lots:
            shown = min(options.display_lots, left - lots) if is_next else part - last
            shares.append((order, lots, shown, is_next and lots < left))
    return shares


def _given(options: Options, open_lots: int, rounds: int) -> int:
    """What an iceberg gives in so many rounds."""
    return min(open_lots, options.shown_lots + (rounds - 1) * options.display_lots) if rounds else 0
