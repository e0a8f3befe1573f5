"""Commands into the core and events out of it.

The one name ``messages`` stands for three modules: ``words`` (tags and enumerations), ``commands``
and ``events``.

On the way through the core, the journal and the sockets a message is a flat tuple whose first
item is an integer tag: the cheapest thing Python makes and every codec writes. Readers should not
count positions, so each message has two named forms here:

* a constructor function (``place_order(...)``) that returns the tuple, and
* a ``NamedTuple`` view (``OrderEvent(*event)``) that gives the fields their names.

The hot path inside the core builds event tuples in place, in the field order of the views.

Units, everywhere in the project:

``price_ticks``
    price x 10**price_scale of the symbol: the symbol's finest price unit. Tick bands only validate.
``quantity_lots``
    quantity x 10**quantity_scale of the symbol: its finest quantity unit. ``lot_step`` only validates.
``*_minor``
    an amount of money in the asset's minor unit: amount x 10**scale of the asset. Unbounded ``int``.
``*_ns``
    nanoseconds since the Unix epoch, UTC, as stamped by the sequencer.
``*_ppm``
    a rate in millionths (500 ppm = 0.05 %).

Compatibility: tags and field orders are journaled. Fields are only ever appended, with a default in
the reader, and only together with a new rules version. An appended field that says nothing is left
out of the tuple, so that what does not use it stays as short, and hashes the same, as before.
"""

from exchange.engine.commands import *  # noqa: F403
from exchange.engine.events import *  # noqa: F403
from exchange.engine.words import *  # noqa: F403
