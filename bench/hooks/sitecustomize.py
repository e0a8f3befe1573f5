"""Loaded by every Python process of a measured instance when this folder is on PYTHONPATH: notes each pause
of the garbage collector of a tenth of a millisecond or more in the file that BENCH_GC_LOG names."""

import gc
import os
import sys
import time

_LEAST_NS = 100_000


def _watch(file: int) -> None:
    began_ns = 0

    def noted(phase: str, info: dict[str, int]) -> None:
        nonlocal began_ns
        if phase == "start":
            began_ns = time.perf_counter_ns()
            return
        took_ns = time.perf_counter_ns() - began_ns
        if took_ns >= _LEAST_NS:
            os.write(file, f"{os.getpid()} {info['generation']} {took_ns} {time.time_ns()}\n".encode())

    gc.callbacks.append(noted)


_path = os.environ.get("BENCH_GC_LOG")
if _path and "py-spy" not in sys.argv[0]:
    _watch(os.open(_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
