"""Text of others (names of files, descriptions, values of headers) as a line that changes nothing on a screen."""

from __future__ import annotations

import re
from typing import Final

_CHANGES_A_SCREEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters: ESC begins commands to a terminal, CR and LF begin lines that nobody wrote. And marks of
direction, which show letters in another order than they stand in."""


def one_line(text: str) -> str:
    r"""Write every character that changes a screen as its code.

    Examples
    --------
    >>> one_line("knee\x1b[2J\n.dcm")
    'knee\\x1b[2J\\x0a.dcm'
    """
    return _CHANGES_A_SCREEN.sub(_as_code, text)


def _as_code(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
