"""Commands from functions: records become options, errors become one line, the return value becomes the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from calcimeasure.cli.screen import say
from calcimeasure.errors import CalcimeasureError, SeriesError
from calcimeasure.fault import fault_report
from calcimeasure.run.withheld import withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    Function = Callable[..., int]

EXIT_ALL_MEASURED, EXIT_SOME_FAILED, EXIT_USAGE, EXIT_NOTHING_TO_MEASURE = 0, 1, 2, 3
EXIT_INTERRUPTED = 130
"""128 and the number of the signal SIGINT, as shells count."""

_DEBUG = Parameter(
    "debug",
    Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--debug", help="Show tracebacks.")],
)


class TakesSeveral(TyperCommand):
    """A command whose options may take several values after one name: ``--x A B`` is ``--x A --x B``.

    Only an option that can be given several times takes them. So arguments stand before it.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own class is private
        """Read the arguments of the command line."""
        several = {name for one in self.params if getattr(one, "multiple", False) for name in one.opts}
        return super().parse_args(ctx, _each_named(args, several))


def _each_named(args: Sequence[str], several: Collection[str]) -> list[str]:
    """Put the name of an option before each of its values."""
    found: list[str] = []
    open_name, has_value = "", False
    for one in args:
        if one.startswith("-"):
            name, is_given, _ = one.partition("=")
            open_name, has_value = (name if name in several else ""), bool(is_given)
        elif open_name and has_value:
            found.append(open_name)
        found.append(one)
        has_value = has_value or not one.startswith("-")
    return found


def command(
    app: typer.Typer, name: str | None = None, cls: type[TyperCommand] = TyperCommand
) -> Callable[[Function], Function]:
    """Register a function as a command of the program.

    A parameter whose type is a dataclass stands for the fields of that dataclass: each field is an option, in the place
    of the parameter. So a function takes a few records, and not a parameter for each option. Every command has the
    option ``--debug``; a function gets it if it has a parameter ``debug``.

    Parameters
    ----------
    app
        The program.
    name
        The name of the command; that of the function if none.
    cls
        The class of the command.

    Returns
    -------
    callable
        A decorator. The function that it takes returns the exit code.
    """

    def register(function: Function) -> Function:
        taken = [_Taken.of(parameter) for parameter in signature(function, eval_str=True).parameters.values()]
        wants_debug = any(one.name == _DEBUG.name for one in taken)

        def run(**given: Any) -> None:  # noqa: ANN401 - what the command line says
            debug: bool = given.pop(_DEBUG.name)
            with errors_in_one_line(debug):
                arguments = {one.name: one.value(given) for one in taken if one.name != _DEBUG.name}
                code = function(**arguments, **({_DEBUG.name: debug} if wants_debug else {}))
                raise typer.Exit(code)

        options = [option for one in taken if one.name != _DEBUG.name for option in one.options]
        run.__signature__ = Signature([*options, _DEBUG])  # type: ignore[attr-defined] # inspect reads it
        # Without a short help of its own, the list of commands shows as many words as fit into half a line.
        app.command(name or function.__name__, cls=cls, help=function.__doc__, short_help=function.__doc__)(run)
        return function

    return register


@dataclass(frozen=True, slots=True)
class _Taken:
    """A parameter of a command's function, and the options from which its value is made.

    Parameters
    ----------
    name
        The parameter.
    record
        The dataclass of its value; None if the value is that of a single option.
    options
        As Typer reads them from a signature.
    """

    name: str
    record: type[Any] | None
    options: Sequence[Parameter]

    @classmethod
    def of(cls, parameter: Parameter) -> _Taken:
        kind = parameter.annotation
        if not (isinstance(kind, type) and is_dataclass(kind)):
            return cls(parameter.name, None, [parameter.replace(kind=Parameter.KEYWORD_ONLY)])
        types = get_type_hints(kind, include_extras=True)
        options = [
            Parameter(
                field.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if field.default is MISSING else field.default,
                annotation=types[field.name],
            )
            for field in fields(kind)
        ]
        return cls(parameter.name, kind, options)

    def value(self, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of whatever type the parameter has
        values = {option.name: given[option.name] for option in self.options}
        return self.record(**values) if self.record else values[self.name]


@contextmanager
def errors_in_one_line(debug: bool) -> Iterator[None]:
    """Turn errors into one line and an exit code; with --debug let them through."""
    try:
        yield
    except typer.Exit:
        raise
    except CalcimeasureError as error:
        if debug:
            raise
        say(f"calcimeasure: {withheld(str(error)) if isinstance(error, SeriesError) else error}")
        raise typer.Exit(EXIT_USAGE) from None
    except KeyboardInterrupt:
        say("calcimeasure: stopped. What was measured is kept; run it again to go on. The tables are as they were.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except Exception as error:
        if debug:
            raise
        say(f"calcimeasure: internal error. {fault_report(error)} --debug shows its message, which can name patients.")
        raise typer.Exit(EXIT_SOME_FAILED) from None


def exit_code(measured: int, failed: int) -> int:
    """Give the exit code of a command from the numbers of stacks."""
    if failed:
        return EXIT_SOME_FAILED
    return EXIT_ALL_MEASURED if measured else EXIT_NOTHING_TO_MEASURE
