"""The supervisor's limit of open files, in a process of its own: a lowered hard limit stays lowered."""

from __future__ import annotations

import subprocess
import sys

import pytest

_RUN = """
import resource, sys
from ops.supervisor import descriptors
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
lines = []
limit = descriptors.raise_limit(lambda event, text: lines.append(text))
print(limit, resource.getrlimit(resource.RLIMIT_NOFILE)[0], len(lines))
"""


@pytest.mark.attack("A5")
@pytest.mark.parametrize(("soft", "hard", "lines"), [(256, 2_048, 1), (1_024, 12_000, 0)])
def test_the_soft_limit_becomes_the_hard_one_and_a_low_one_is_reported(
    soft: int, hard: int, lines: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(hard), str(hard), str(lines)]
