"""Completion of commands and options by the shell.

Typer's own options for completion detect the running shell. In a container, in cron and in CI there may be no shell:
these options take the name of a shell.
"""

from __future__ import annotations

from enum import StrEnum

import typer
from typer.completion import (  # type: ignore[attr-defined] # its types leave these three out
    completion_init,
    get_completion_script,
    install,
)

_PROGRAM = "calcimeasure"
_VARIABLE = "_CALCIMEASURE_COMPLETE"
"""If this environment variable is set, the program completes a command line instead of running it."""


class Shell(StrEnum):
    """Shells that Typer has a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"


def show_completion(context: typer.Context, shell: Shell | None) -> None:
    """Print the script of a shell."""
    if shell is None or context.resilient_parsing:
        return
    typer.echo(get_completion_script(prog_name=_PROGRAM, complete_var=_VARIABLE, shell=shell.value))
    raise typer.Exit


def install_completion(context: typer.Context, shell: Shell | None) -> None:
    """Write the script of a shell where that shell reads it when it starts."""
    if shell is None or context.resilient_parsing:
        return
    _, path = install(shell.value, _PROGRAM, _VARIABLE)
    typer.echo(f"Completion for {shell} is in {path}. It works in a new terminal.")
    raise typer.Exit


completion_init()  # tells Typer how each shell asks and is answered
