"""The data folder a first start makes, and one that was there before."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.ops.running import ROOT
from xtrader import private_folders

MARKS = ("secret_key",)


def load_settings(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import xtrader.settings as s; print(s.XTRADER['ENGINE_SOCKET'])"],
        cwd=ROOT,
        env={**os.environ, "DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_folder(path: Path, *names: str) -> Path:
    path.mkdir()
    path.chmod(0o755)
    for name in names:
        (path / name).touch()
    return path


def test_a_new_data_folder_is_its_owners_only(tmp_path: Path) -> None:
    """In it lie the orders and balances of everybody."""
    folder = tmp_path / "new" / "data"
    assert load_settings(folder).returncode == 0
    assert mode_of(folder) == 0o700


@pytest.mark.attack("A13")
@pytest.mark.parametrize(
    "names", [(), ("lost+found",), ("secret_key",), ("xtrader.sqlite3", "notes"), ("journal",)]
)
def test_an_open_folder_of_ours_is_closed(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = open_folder(tmp_path / "data", *names)
    loaded = load_settings(folder, SECRET_KEY="given")
    assert loaded.returncode == 0, loaded.stderr
    assert mode_of(folder) == 0o700
    assert "folder_closed_to_others" in loaded.stderr and "755" in loaded.stderr


@pytest.mark.attack("A13")
def test_an_open_folder_of_others_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "home", "letters")
    loaded = load_settings(folder)
    assert loaded.returncode != 0
    assert f"{folder} is open to other users (mode 755)" in loaded.stderr
    assert f"chmod 700 {folder}" in loaded.stderr
    assert mode_of(folder) == 0o755
    assert [entry.name for entry in folder.iterdir()] == ["letters"]


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(tmp_path / "data")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ImproperlyConfigured, match="open to other users"):
        private_folders.make_private(folder, MARKS)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="cannot be made"):
        private_folders.make_private(tmp_path / "file" / "data", MARKS)


@pytest.mark.parametrize(
    "variable, name, url",
    [("JOURNAL_URL", "head", "file://{}"), ("SNAPSHOT_DIR", f"{1:020d}.snapshot", "{}")],
)
def test_folders_elsewhere_are_closed_too(tmp_path: Path, variable: str, name: str, url: str) -> None:
    folder = open_folder(tmp_path / "elsewhere", name)
    loaded = load_settings(tmp_path / "data", **{variable: url.format(folder)})
    assert loaded.returncode == 0, loaded.stderr
    assert mode_of(folder) == 0o700


#: How each process begins, as code that leaves the process running.
WRITERS = {
    "manage.py": """
import runpy, sys
sys.argv = ["manage.py", "version"]
runpy.run_path("manage.py", run_name="__main__")
""",
    "xtrader.asgi": "import xtrader.asgi",
    "xtrader.wsgi": "import xtrader.wsgi",
    "exchange.node": """
import sys
from exchange.node.__main__ import main
sys.argv = ["exchange.node", "--help"]
try:
    main()
except SystemExit:
    pass
""",
}


@pytest.mark.attack("A13")
@pytest.mark.parametrize("entry", WRITERS)
def test_every_process_writes_for_its_owner_only(tmp_path: Path, entry: str) -> None:
    """Whatever the umask of the shell that starts it."""
    written = tmp_path / "written"
    code = f"{WRITERS[entry]}\nopen({str(written)!r}, 'w').close()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "DATA": str(tmp_path / "data")},
        umask=0,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert mode_of(written) == 0o600


def test_what_the_supervisor_starts_does_too(tmp_path: Path) -> None:
    written = tmp_path / "written"
    command = [sys.executable, "-m", "ops.supervisor.launch", str(os.getpid()), "touch", str(written)]
    subprocess.run(command, cwd=ROOT, umask=0, check=True)
    assert mode_of(written) == 0o600


class TestSocketFolder:
    """The sockets of a data folder whose path is too long lie in /tmp, where anybody may make folders."""

    @pytest.fixture
    def long(self, tmp_path: Path) -> Path:
        return tmp_path / ("long" * 30)

    @pytest.fixture
    def folder(self, long: Path) -> Iterator[Path]:
        digest = hashlib.sha256(os.fsencode(long)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"xtrader-{os.getuid()}-{digest}"
        yield folder
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            folder.rmdir()

    def test_it_is_made_private_and_taken_again(self, long: Path, folder: Path) -> None:
        for _ in range(2):
            loaded = load_settings(long)
            assert loaded.stdout.strip() == str(folder / "engine.sock"), loaded.stderr
            assert mode_of(folder) == 0o700

    @pytest.mark.attack("A24")
    @pytest.mark.parametrize("mode", [0o777, 0o755, 0o710, 0o1700])
    def test_one_that_others_may_enter_is_refused(self, long: Path, folder: Path, mode: int) -> None:
        folder.mkdir()
        folder.chmod(mode)
        loaded = load_settings(long)
        assert loaded.returncode != 0
        assert f"{folder} is not a folder of this user's own with mode 700" in loaded.stderr

    @pytest.mark.attack("A24")
    @pytest.mark.parametrize("mode", [0o700, 0o777])
    def test_a_link_is_refused(self, long: Path, folder: Path, tmp_path: Path, mode: int) -> None:
        target = tmp_path / "target"
        target.mkdir()
        target.chmod(mode)
        folder.symlink_to(target)
        loaded = load_settings(long)
        assert loaded.returncode != 0
        assert "is not a folder of this user's own" in loaded.stderr

    @pytest.mark.attack("A24")
    def test_one_of_another_user_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "sockets").mkdir(mode=0o700)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(ImproperlyConfigured, match="not a folder of this user's own"):
            private_folders.make_socket_folder(tmp_path / "sockets")
