"""What lies beside a store: its id and the last entry of its chain. So a folder knows its store, and what it held."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.errors import StoreError
from calcimeasure.input_files import refuse_special_file
from calcimeasure.store.chain import Head

if TYPE_CHECKING:
    from pathlib import Path

NAME = "store.json"
"""The file in the folder "private" of a folder of results."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The content of the file.

    Parameters
    ----------
    store_id
        The id of the store.
    head
        The last entry that its chain had when the file was written; there may be later ones.
    """

    store_id: str
    head: Head

    def write(self, path: Path) -> None:
        """Write the file whole or not at all; on a disk that is full, the last one stays.

        Raises
        ------
        StoreError
            It cannot be written.
        """
        head = {"entry": self.head.entry, "mac": self.head.mac, "is_keyed": self.head.is_keyed}
        text = json.dumps({"store_id": self.store_id, **head}, indent=1) + "\n"
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 - for the mode
                file.write(text)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def read(path: Path) -> Beside | None:
    """Read the file; None if there is none.

    Raises
    ------
    StoreError
        It is not what this program writes there.
    """
    try:
        if not path.exists():
            return None
        refuse_special_file(path)
        found = json.loads(path.read_text(encoding="ascii"))
        head = Head(int(found["entry"]), str(found["mac"]), bool(found["is_keyed"]))
        return Beside(str(found["store_id"]), head)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} does not say which store belongs to this folder ({type(error).__name__}). Bring it back from a "
            "backup; without one, check the store (calcimeasure verify) and remove the file."
        ) from error
