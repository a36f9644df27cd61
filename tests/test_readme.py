import re
import subprocess
import sys
from pathlib import Path

import pytest

from calcimeasure.codes import FAILED_REASONS, NOTICES, SKIPPED_REASONS
from tests.conftest import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"<!-- run by the tests -->\n```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder to run the examples in, with the samples where the examples look for them."""
    (tmp_path / "sample_dicom").symlink_to(PROJECT / "sample_dicom", target_is_directory=True)
    return tmp_path


def test_the_command_line_example_runs(workplace: Path) -> None:
    (example,) = examples("sh")
    for line in example.splitlines():
        program, *arguments = line.split()
        assert program == "calcimeasure"
        subprocess.run([sys.executable, "-m", program, *arguments], cwd=workplace, check=True, capture_output=True)
    assert (workplace / "results" / "lesions.csv").stat().st_size > 1000


def test_the_python_example_runs(workplace: Path) -> None:
    (example,) = examples("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=workplace, check=True, capture_output=True, text=True
    )
    assert "mm" in done.stdout
    assert len((workplace / "lesions.csv").read_text(encoding="utf-8").splitlines()) > 7


@pytest.mark.parametrize("codes", [SKIPPED_REASONS, FAILED_REASONS, NOTICES], ids=["skipped", "failed", "notices"])
def test_every_code_stands_with_its_sentence(codes: dict[str, str]) -> None:
    for code, sentence in codes.items():
        assert f"| `{code}` | {sentence} |" in README


def test_no_code_stands_that_is_not_there() -> None:
    codes = re.findall(r"^\| `([a-z_]+)` \| [A-Z]", README, re.MULTILINE)
    assert set(codes) == {*SKIPPED_REASONS, *FAILED_REASONS, *NOTICES}
