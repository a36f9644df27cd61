"""What shells ask the program, and what it answers, with no terminal and no known shell around."""

from pathlib import Path

import pytest

from tests.cli.test_cli import program, run

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


@pytest.mark.parametrize("shell", SHELLS)
def test_script_of_a_shell_is_printed_wherever_it_is_asked_for(shell: str) -> None:
    done = program("--show-completion", shell, SHELL="/bin/false")
    assert done.returncode == 0, done.stderr
    assert f"complete_{shell.replace('pwsh', 'powershell')}" in done.stdout
    assert "calcimeasure" in done.stdout


def test_shell_without_a_script_is_a_usage_error() -> None:
    result = run("--show-completion", "tcsh")
    assert result.exit_code == 2
    assert "'tcsh' is not one of" in result.output


def test_script_is_installed_for_the_user(tmp_path: Path) -> None:
    done = program("--install-completion", "bash", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    script = tmp_path / ".bash_completions" / "calcimeasure.sh"
    assert str(script) in done.stdout
    assert str(script) in (tmp_path / ".bashrc").read_text(encoding="utf-8")
    assert script.read_text(encoding="utf-8") == program("--show-completion", "bash").stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("line", "completed"),
    [("calcimeasure re", ["review"]), ("calcimeasure measure --remeasure", ["--remeasure-reviewed"])],
)
def test_line_is_completed(line: str, completed: list[str]) -> None:
    words = line.split()
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_CALCIMEASURE_COMPLETE": "complete_bash"}
    assert program(**asked).stdout.split() == completed
