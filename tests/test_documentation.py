"""README and docs: what they show runs and is true, what they point at is there, the reference is complete."""

import csv
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest

from calcimeasure.analysis.pipeline import analyze_or_fail
from calcimeasure.codes import FAILED_REASONS, NOTICES, SKIPPED_REASONS
from calcimeasure.run.progress import Screen
from calcimeasure.run.run import measure_into
from calcimeasure.settings import Settings
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"
PAGES = (PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
MOST_BYTES_OF_README = 8_000


def examples(page: str, language: str) -> list[str]:
    text = (PROJECT / page).read_text(encoding="utf-8")
    return re.findall(rf"<!-- run by the tests -->\n```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder to run the examples in, with the samples where the examples look for them."""
    (tmp_path / "sample_dicom").symlink_to(PROJECT / "sample_dicom", target_is_directory=True)
    return tmp_path


def program(workplace: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "calcimeasure", *arguments]
    return subprocess.run(command, cwd=workplace, check=True, capture_output=True, text=True).stdout


def test_the_command_line_example_runs(workplace: Path) -> None:
    (example,) = examples("README.md", "sh")
    for line in example.splitlines():
        name, *arguments = line.split()
        assert name == "calcimeasure"
        program(workplace, *arguments)
    assert (workplace / "results" / "lesions.csv").stat().st_size > 1000


def test_the_readme_shows_what_is_printed_and_written(workplace: Path) -> None:
    blocks = [
        one.splitlines() for one in re.findall(r"\n```\n(.*?)```", PAGES[0].read_text(encoding="utf-8"), re.DOTALL)
    ]
    (printed,) = (lines for lines in blocks if "Max 3D" in lines[0])
    (written,) = (lines for lines in blocks if lines[0].startswith("modality,"))

    told = program(workplace, "measure", "sample_dicom", "--out", "results")
    output = [line.rstrip() for line in told.splitlines()]
    start = output.index(printed[0])
    # Stacks are told in the order in which they are done, the head and each row are the same.
    assert sorted(output[start : start + len(printed)]) == sorted(printed)
    with (workplace / "results" / "lesions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [list(row.values()) for row in csv.DictReader(written)] == [
        [row[name] for name in written[0].split(",")] for row in rows[: len(written) - 1]
    ]


@pytest.fixture(scope="module")
def installed_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples that travel with a wheel, measured into a folder "results" beside them."""
    workplace = tmp_path_factory.mktemp("installed")
    hatch = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    left_out = [one.removeprefix("/") for one in hatch["build"]["targets"]["wheel"]["exclude"]]
    for file in sorted((PROJECT / "sample_dicom").rglob("*")):
        path = file.relative_to(PROJECT)
        if file.is_file() and not any(path.match(one) or path.parent.match(one) for one in left_out):
            (workplace / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, workplace / path)
    printed = program(workplace, "measure", "sample_dicom", "--out", "results")
    (workplace / "printed.txt").write_text(printed, encoding="utf-8")
    return workplace


def shown_in_the_tutorial() -> list[list[str]]:
    text = (DOCS / "tutorial" / "first-study.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- compared by the tests -->\n```\w+\n(.*?)```", text, re.DOTALL)
    return [block.splitlines() for block in blocks]


def test_the_tutorial_shows_what_is_printed(installed_samples: Path) -> None:
    shown, _, _ = shown_in_the_tutorial()
    printed = (installed_samples / "printed.txt").read_text(encoding="utf-8").splitlines()
    # Stacks are told in the order in which they are done.
    assert sorted(filter(None, shown)) == sorted(line.rstrip() for line in printed if line.strip())


def test_the_tutorial_shows_what_is_written(installed_samples: Path) -> None:
    _, (head, *rows), _ = shown_in_the_tutorial()
    with (installed_samples / "results" / "lesions.csv").open(encoding="utf-8") as stream:
        written = [[row[name] for name in head.split(",")] for row in csv.DictReader(stream)]
    assert [row.split(",") for row in rows] == written


def test_the_tutorial_shows_what_is_explained(installed_samples: Path) -> None:
    _, _, shown = shown_in_the_tutorial()
    with (installed_samples / "results" / "lesions.csv").open(encoding="utf-8") as stream:
        (uid,) = (
            row["tracking_uid"]
            for row in csv.DictReader(stream)
            if (row["modality"], row["lesion_number"]) == ("CT", "1")
        )
    explained = iter(program(installed_samples, "explain", "results", "--lesion", uid).splitlines())
    # Some lines of it, in their order: `in` goes on where it has found the line before.
    assert [line for line in shown if line not in explained] == []


def test_the_commands_of_the_tutorial_know_their_options() -> None:
    text = (DOCS / "tutorial" / "first-study.md").read_text(encoding="utf-8")
    commands = re.findall(r"^calcimeasure (\w+) (.*)$", text, re.MULTILINE)
    assert len(commands) > 4
    for command, arguments in commands:
        section = page("commands").split(f"## {command}\n")[1].split("\n## ")[0]
        assert set(re.findall(r"--[a-z][a-z-]+", arguments)) <= set(re.findall(r"`(--[a-z-]+)", section)), command


def test_the_python_example_runs(workplace: Path) -> None:
    (example,) = examples("docs/reference/python.md", "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=workplace, check=True, capture_output=True, text=True
    )
    assert "mm" in done.stdout
    assert len((workplace / "lesions.csv").read_text(encoding="utf-8").splitlines()) > 7


def test_the_readme_is_short() -> None:
    assert PAGES[0].stat().st_size <= MOST_BYTES_OF_README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_what_a_page_points_at_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [one for one in targets if "://" not in one and not (page.parent / one).exists()] == []


@cache
def reference() -> ModuleType:
    made = ModuleType("generate")
    code = (DOCS / "reference" / "generate.py").read_text(encoding="utf-8")
    exec(compile(code, "generate.py", "exec"), made.__dict__)  # noqa: S102 - the hook of MkDocs lies outside of any package
    return made


def page(name: str) -> str:
    """A page of the reference as MkDocs gets it."""
    text: str = reference().on_page_markdown((DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8"))
    assert "<!-- generated" not in text
    return text


@pytest.mark.parametrize("codes", [SKIPPED_REASONS, FAILED_REASONS, NOTICES], ids=["skipped", "failed", "notices"])
def test_every_code_stands_with_its_sentence(codes: dict[str, str]) -> None:
    for code, sentence in codes.items():
        assert f"| `{code}` | {sentence} |" in page("codes")


def test_no_code_stands_that_is_not_there() -> None:
    codes = re.findall(r"^\| `([a-z_]+)` \| [A-Z]", page("codes"), re.MULTILINE)
    assert sorted(codes) == sorted({*SKIPPED_REASONS, *FAILED_REASONS, *NOTICES})


@pytest.mark.parametrize("table", ["lesions.csv", "studies.csv", "private/series.csv"])
def test_every_column_stands_in_its_order(table: str, workplace: Path) -> None:
    program(workplace, "measure", "sample_dicom/hand_radiograph", "--out", "results")
    with (workplace / "results" / table).open(encoding="utf-8") as stream:
        columns = next(csv.reader(stream))
    section = page("columns").split(f"## {table}\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns


def test_every_setting_stands(workplace: Path) -> None:
    program(workplace, "measure", "sample_dicom/hand_radiograph", "--out", "results")
    used = (workplace / "results" / "private" / "settings.toml").read_text(encoding="utf-8")
    settings = [(name, title) for title in ("measure", "run", "write") for name in tomllib.loads(used)[title]]
    assert len(settings) > 20
    assert re.findall(r"^\| `(\w+)` \| `\[(\w+)\]` \|", page("settings"), re.MULTILINE) == settings


@pytest.mark.parametrize("command", ["scan", "measure", "explain", "export", "review"])
def test_every_option_of_a_command_stands(command: str, workplace: Path) -> None:
    section = page("commands").split(f"## {command}\n")[1].split("\n## ")[0]
    offered = set(re.findall(r"--[a-z][a-z-]+", program(workplace, command, "--help"))) - {"--help"}
    assert offered - set(re.findall(r"`(--[a-z-]+)", section)) == set()


def test_every_key_stands() -> None:
    assert len(re.findall(r"^\| ", page("keys"), re.MULTILINE)) > 20


def measure_here(tasks: Iterator[tuple[Any, Any]], _most: int, _stopped: Callable[[], bool], /) -> Iterator[Any]:
    """Measure in this process, where calls can be watched."""
    return ((key, analyze_or_fail(*task)) for key, task in tasks)


def test_the_path_of_a_stack_is_the_order_in_which_the_code_runs(tmp_path: Path) -> None:
    text = (DOCS / "explanation" / "path-of-a-stack.md").read_text(encoding="utf-8")
    steps = [re.findall(r"`([\w.]+)`", cell) for cell in re.findall(r"^\| \d+ \| ([^|]+) \|", text, re.MULTILINE)]
    names = {resolve_name(name.replace(".Store.", ":Store.")).__code__: name for step in steps for name in step}
    assert len(names) == sum(map(len, steps)) > 14
    called: dict[CodeType, None] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in names:
            called.setdefault(frame.f_code)

    hand = PROJECT / "sample_dicom" / "hand"
    settings = Settings(key=str(tmp_path / "key"))
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        measure_into(
            tmp_path / "out",
            [hand],
            settings,
            nullcontext(measure_here),
            Screen(lambda *_: None, lambda _: nullcontext(lambda *_: None)),
        )
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert [names[code] for code in called] == [name for step in steps for name in step]


def test_the_rooms_are_the_layers() -> None:
    text = (DOCS / "explanation" / "path-of-a-stack.md").read_text(encoding="utf-8").split("| room")[1]
    rooms = [set(re.findall(r"`(\w+)`", cell)) for cell in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)]
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (one["layers"] for one in contracts["contracts"] if one.get("containers") == ["calcimeasure"])
    assert rooms == [set(layer.split(" | ")) for layer in layers]
