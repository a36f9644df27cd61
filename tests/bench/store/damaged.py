"""2,000 damaged stores: python -m tests.bench.store.damaged [COUNT [FILE]]. It goes on where an earlier run stopped.

Each damage has a number and is the same in every run. What came of it is a line of FILE (build/damaged_stores.jsonl).
Exit code 1: some damage changed a row or a table without a word.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.store.damaged import Folder, damage_number

COUNT = 2000
RESULTS = Path(__file__).parents[3] / "build" / "damaged_stores.jsonl"


def silent_damage(count: int, results: Path) -> int:
    """Damage a store so many times, print what came of it, and give how often that was silent."""
    results.parent.mkdir(parents=True, exist_ok=True)
    lines = results.read_text(encoding="ascii").splitlines() if results.exists() else []
    done = {found["number"]: found for found in map(json.loads, lines)}
    with tempfile.TemporaryDirectory() as temporary, results.open("a", encoding="ascii") as file:
        # The key of whoever runs this has nothing to do with it.
        os.environ["XDG_CONFIG_HOME"] = temporary
        folder = Folder(Path(temporary))
        for number in range(count):
            if number in done:
                continue
            found = folder.with_damage(damage_number(number))
            done[number] = {"number": number, **asdict(found), "is_silent": found.is_silent}
            print(json.dumps(done[number]), file=file, flush=True)
    of_interest = [done[number] for number in range(count)]
    silent = [found["number"] for found in of_interest if found["is_silent"]]
    changed = sum(found["rows_are_others"] or found["tables_are_others"] for found in of_interest)
    refused = sum(found["export_refused"] for found in of_interest)
    print(f"{count} damaged stores: other rows or tables {changed}, export refused {refused}, silent {silent}")  # noqa: T201
    return len(silent)


if __name__ == "__main__":
    given = Path(sys.argv[2]) if len(sys.argv) > 2 else RESULTS
    sys.exit(1 if silent_damage(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT, given) else 0)
