"""What commands do to the state. ``traders`` and ``operators`` carry them out; ``checks`` refuses, ``market``
and ``matching`` act, ``auction`` finds the price of a crossed book."""
