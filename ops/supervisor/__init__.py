"""Runs the processes of one exchange on one machine: ``manage.py up``.

    launch.py       the first instruction of every child: die when the supervisor dies
    child.py        one child process: start, watch, stop, its log file
    probes.py       whether a process serves
    plan.py         which processes there are, in the order they start
    core_build.py   compile the core beside a running exchange
    supervisor.py   start in order, restart what dies with back-off, stop in reverse order

Production may run the same commands under systemd or containers instead; nothing here is needed by
the processes themselves.
"""
