"""The command line: it parses, calls and gives an exit code. Results go to stdout, progress goes to stderr.

Importing it loads no more than parsing needs: what a command does is imported when the command is called.
"""

from calcimeasure.cli import cohorts  # noqa: F401 - its commands are registered
from calcimeasure.cli.commands import app, main

__all__ = ["app", "main"]
