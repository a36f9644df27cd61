"""A function that becomes a command: its records, its errors, its exit code."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from calcimeasure.cli.command import command
from calcimeasure.cli.options import MeasureOptions
from calcimeasure.settings import Settings
from tests.cli.test_cli import the_line


@dataclass(frozen=True, slots=True)
class Toppings:
    """Options of a command that tests alone have."""

    cheese: Annotated[bool, typer.Option("--cheese")] = False
    olives: Annotated[int | None, typer.Option("--olives")] = None


@pytest.fixture
def bakes() -> tuple[typer.Typer, list[object]]:
    """A program with a command whose options are a record, and what the command got."""
    program, got = typer.Typer(add_completion=False), []

    @command(program)
    def bake(*, size: Annotated[int, typer.Argument()], toppings: Toppings, debug: bool) -> int:
        """Bake."""
        got.extend((size, toppings, debug))
        if size > 50:
            raise ValueError("no oven is as large")
        return size

    assert callable(bake)
    return program, got


@pytest.mark.parametrize(
    ("arguments", "toppings", "debug"),
    [
        (["30"], Toppings(), False),
        (["30", "--olives", "7", "--debug"], Toppings(olives=7), True),
        (["--cheese", "30", "--olives", "0"], Toppings(cheese=True, olives=0), False),
    ],
)
def test_record_of_a_command_gets_its_options(
    bakes: tuple[typer.Typer, list[object]], arguments: list[str], toppings: Toppings, debug: bool
) -> None:
    program, got = bakes
    assert CliRunner().invoke(program, arguments).exit_code == 30
    assert got == [30, toppings, debug]


def test_error_of_a_command_is_one_line_but_with_debug(bakes: tuple[typer.Typer, list[object]]) -> None:
    result = CliRunner().invoke(bakes[0], ["51"])
    assert result.exit_code == 1
    assert "internal error" in the_line(result)
    assert "ValueError" in the_line(result)
    assert "no oven" not in the_line(result)  # a message can name a patient
    assert isinstance(CliRunner().invoke(bakes[0], ["51", "--debug"]).exception, ValueError)


def test_options_that_are_settings_have_their_names() -> None:
    settings = {field.name for field in fields(Settings)}
    assert {field.name for field in fields(MeasureOptions)} - settings == {"no_report"}
    assert MeasureOptions().as_settings() == {}
    assert MeasureOptions(workers=0, no_report=True, key=Path("key")).as_settings() == {
        "workers": 0,
        "report": False,
        "key": str(Path("key").absolute()),
    }
