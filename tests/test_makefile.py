"""The Makefile's set-up with programs that only write down how they were called: nothing is installed here."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
MAKE = shutil.which("make")
TOOLS = ("sh", "awk", "cat", "chmod", "cp", "mkdir", "rm", "touch")

# Answers what the Makefile asks a Python, and is copied into .venv as `python -m venv` does.
PYTHON = """
case "$*" in
    *_base_executable*) echo "$0" ;;
    *"import ensurepip"*) [ ! -e no-ensurepip ] || exit 1 ;;
    *">= (3, 15)"*) [ ! -e newer-python ] || exit 1 ;;
    *CDLL*) for name in $(cat missing 2>/dev/null); do case "$*" in *"$name"*) exit 1 ;; esac; done ;;
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip install"*) [ ! -e interrupt ] || kill -9 $PPID ;;
esac
"""

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not on PATH")


@dataclass(frozen=True)
class Checkout:
    """A folder with the Makefile, and the only programs that it finds there."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def program(self, path: str, script: str) -> None:
        """A program that writes down its name and arguments and then does what the script says."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >> "{self.root}/calls"\n{script}\n')
        file.chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert MAKE is not None
        (self.root / "calls").write_text("")
        environment = {
            "PATH": str(self.root / "bin"),
            "HOME": str(self.root),
        }  # and no MAKEFLAGS of the `make test` around it
        return subprocess.run(
            [MAKE, *arguments], cwd=self.root, env=environment, capture_output=True, text=True, timeout=60
        )

    def calls(self, part: str) -> list[str]:
        """How programs were called in the last make, as far as it has the part."""
        return [call for call in (self.root / "calls").read_text().splitlines() if part in call]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a checkout"
    (root / "bin").mkdir(parents=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (root / "bin" / tool).symlink_to(found)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, root)
    made = Checkout(root)
    made.program("bin/python3", PYTHON)
    made.program("bin/uname", "echo Linux")
    made.program("bin/id", "echo 1000")
    made.program("bin/Xvfb", "")
    return made


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """What was said when make stopped, which must be one line and make's own."""
    assert done.returncode != 0
    line, last = done.stderr.splitlines()
    assert last.startswith("make: ***")
    return line


@pytest.mark.parametrize("broken", ["exit 127", "exit 1", "exit 0"], ids=["pyenv shim", "Python 2", "Python 3.10"])
def test_python_that_does_not_do_is_passed_over(checkout: Checkout, broken: str) -> None:
    checkout.program("bin/python3.13", PYTHON)
    checkout.program("bin/python3", broken)
    assert checkout.make("python-path").stdout.endswith("/bin/python3.13\n")


@pytest.mark.parametrize(("version", "taken"), [((3, 10, 13), False), ((3, 11, 0), True)])
def test_version_is_asked_of_the_python_itself(checkout: Checkout, version: tuple[int, ...], taken: bool) -> None:
    pretend = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    checkout.program("bin/python3", f"exec '{sys.executable}' -c '{pretend}' \"$2\"")
    found = checkout.make("python-path", "PYTHON=python3")
    assert (found.returncode == 0) == (Path(found.stdout.strip()).is_file()) == taken


def test_no_python_that_does_is_said_in_one_line(checkout: Checkout) -> None:
    checkout.program("bin/python3", "exit 0")
    assert one_line(checkout.make("demo", "PYTHON=python3")).startswith("Python 3.11 or newer is needed")
    assert not checkout.venv.exists()


def test_nothing_is_installed_twice(checkout: Checkout) -> None:
    assert checkout.make("demo").returncode == 0
    assert len(checkout.calls("-m venv")) == len(checkout.calls("-m pip install")) == 1
    assert checkout.calls("calcimeasure") == ["python -m calcimeasure measure sample_dicom --out results"]

    assert checkout.make("demo").returncode == 0
    assert not checkout.calls("-m venv")
    assert not checkout.calls("-m pip install")
    assert checkout.calls("calcimeasure")


def test_changed_project_file_is_installed_again_into_the_same_venv(checkout: Checkout) -> None:
    checkout.make("demo")
    later = (checkout.venv / ".package").stat().st_mtime + 10
    os.utime(checkout.root / "pyproject.toml", (later, later))
    checkout.make("demo")
    assert not checkout.calls("-m venv")
    assert len(checkout.calls("-m pip install")) == 1


@pytest.mark.parametrize(("python", "used"), [("tested", True), ("newer", False)])
def test_tested_versions_are_installed_where_they_have_wheels(checkout: Checkout, python: str, used: bool) -> None:
    (checkout.root / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "constraints.txt", checkout.root / ".ci")
    if python == "newer":
        (checkout.root / "newer-python").touch()
    checkout.make("demo")
    (installed,) = checkout.calls("-m pip install")
    assert ("--constraint .ci/constraints.txt" in installed) == used


def test_debian_s_python_without_ensurepip(checkout: Checkout) -> None:
    (checkout.root / "no-ensurepip").touch()
    assert checkout.make("demo").returncode == 0
    assert checkout.calls("-m venv") == ["python3 -m venv --without-pip .venv"]
    assert checkout.calls("-m pip --python") == ["python3 -m pip --python .venv/bin/python install --quiet pip"]


def test_interrupted_set_up_starts_anew(checkout: Checkout) -> None:
    (checkout.root / "interrupt").touch()
    assert checkout.make("demo").returncode != 0
    assert not checkout.calls("-m calcimeasure")

    (checkout.root / "interrupt").unlink()
    assert checkout.make("demo").returncode == 0
    assert len(checkout.calls("-m venv")) == len(checkout.calls("-m pip install")) == 1


def test_venv_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    checkout.make("demo")
    checkout.program(".venv/bin/python", "exit 127")
    assert checkout.make("demo").returncode == 0
    assert len(checkout.calls("-m venv")) == len(checkout.calls("-m pip install")) == 1


def test_venv_made_by_hand_is_kept(checkout: Checkout) -> None:
    checkout.program(".venv/bin/python", PYTHON)
    assert checkout.make("demo").returncode == 0
    assert not checkout.calls("-m venv")
    assert len(checkout.calls("-m pip install")) == 1


def test_tests_run_on_an_x_server_of_their_own(checkout: Checkout) -> None:
    assert checkout.make("test", "ARGS=tests/gui").returncode == 0
    assert checkout.calls("-m pip install") == [
        "python -m pip install --quiet pip>=25.1",
        "python -m pip install --quiet --editable .[gui] --group test",
    ]
    assert checkout.calls("-m pytest") == ["python -m pytest -n 2 --dist loadfile tests/gui"]
    # pytest-xvfb starts the server.
    assert "pytest-xvfb" in (checkout.root / "pyproject.toml").read_text("utf-8")


def test_macos_needs_no_x_server(checkout: Checkout) -> None:
    checkout.program("bin/uname", "echo Darwin")
    (checkout.root / "missing").write_text("libxcb-cursor.so.0")
    assert checkout.make("test").returncode == 0
    assert checkout.calls("-m pytest") == ["python -m pytest -n 2 --dist loadfile"]


def test_root_on_debian_installs_only_what_is_missing(checkout: Checkout) -> None:
    checkout.program("bin/id", "echo 0")
    checkout.program("bin/apt-get", "")
    assert checkout.make("test").returncode == 0
    assert not checkout.calls("apt-get")

    (checkout.root / "missing").write_text("libxcb-cursor.so.0 libEGL.so.1")
    (checkout.root / "bin/Xvfb").unlink()
    checkout.make("test")
    assert checkout.calls("apt-get") == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends xvfb libegl1 libxcb-cursor0",
    ]


@pytest.mark.parametrize(("system", "said"), [("Debian", "libxcb-cursor0"), ("Fedora", "libxcb-cursor.so.0.")])
def test_others_are_told_in_one_line_what_to_install(checkout: Checkout, system: str, said: str) -> None:
    if system == "Debian":
        checkout.program("bin/apt-get", "")
    (checkout.root / "missing").write_text("libxcb-cursor.so.0")
    assert said in one_line(checkout.make("test")).split()
    assert not checkout.calls("pytest")
    assert not checkout.calls("apt-get")


def test_all_benchmarks_are_run(checkout: Checkout) -> None:
    assert checkout.make("bench-full").returncode == 0
    assert checkout.calls("-m tests.bench") == ["python -m tests.bench.full"]


def test_help_lists_every_target_for_people(checkout: Checkout) -> None:
    listed = {line.split()[1] for line in checkout.make().stdout.splitlines() if line.startswith("  make ")}
    assert listed == {
        "help",
        "demo",
        "test",
        "test-pyside",
        "test-viewer",
        "lint",
        "docs",
        "bench",
        "bench-full",
        "sample-dicom",
        "clean",
        "python-path",
    }
