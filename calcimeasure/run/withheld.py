"""What a message has of a header is left out where it is shown: terminals are copied, sent and logged.

private/series.csv and private/log.txt have the complete message.
"""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(r"""(?<!\w)(?:b?'[^'\n]*'|b?"[^"\n]*")(?!\w)""")
"""A value as Python quotes it; no apostrophe inside a word."""

_UID: Final = re.compile(r"(?<![\w.])[0-2]\.[0-9]+\.[0-9][0-9.]{8,}(?<!\.)")
"""A UID, longer than any number of a version."""


def withheld(message: str) -> str:
    """Leave out UIDs and quoted values.

    Parameters
    ----------
    message
        What is said of a stack or a file.

    Examples
    --------
    >>> withheld("HU expected, found 'US' (Rescale Type (0028,1054), series 1.2.840.113619.2.55.3). Export it again.")
    "HU expected, found '...' (Rescale Type (0028,1054), series ...). Export it again."
    """
    return _UID.sub("...", _QUOTED.sub("'...'", message))
