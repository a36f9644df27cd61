"""The real command as processes that are killed, and readers that write at once: for tests and benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.conftest import PROJECT
from tests.postgresql import plain_sql
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TABLES = ("lesions.csv", "studies.csv", "lesions.schema.json", "studies.schema.json")


def write_many(folder: Path, stack: int) -> Path:
    """Small CT series of several patients, two lesions each."""
    for number in range(stack):
        write_ct(folder / f"s{number}", seed=f"many {number}", patient_id=f"P{number % 5}", series_number=number)
    return folder


def command(images: Path, out: Path, *options: str) -> list[str]:
    """The command line of a run; all runs beside each other have one key."""
    paths = [str(images), "--out", str(out), "--key", str(images.parent / "key")]
    return [sys.executable, "-m", "calcimeasure", "measure", *paths, *options]


def measure(images: Path, out: Path, *options: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(images, out, *options), capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stderr
    return done


def kill_after(images: Path, out: Path, seconds: float) -> bool:
    """Begin a run and end it with SIGKILL; tells whether it was still running."""
    with subprocess.Popen(command(images, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in TABLES}


def check_is_whole(out: Path) -> None:
    """Nothing is left of what was killed: the store is in order, and each table that is there has its last line."""
    ask = plain_sql(f"sqlite:///{out / 'private' / 'calcimeasure.db'}")
    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
    for table in (*out.glob("*.csv"), *out.glob("private/*.csv")):
        assert table.read_bytes().endswith(b"\r\n")


def write_at_once(url: str, readers: Sequence[str], edits: int) -> int:
    """Let readers edit the same lesions at once, and check that nothing was lost; gives the number of conflicts."""
    ask = plain_sql(url)
    before = int(str(ask("SELECT count(*) FROM lesion_revisions")[0][0]))
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store_writer", url, reader, str(edits), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        for seed, reader in enumerate(readers)
    ]
    # All begin together: one that is done before another has started meets nobody.
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    said = [json.loads(writer.communicate()[0]) for writer in writers]
    assert all(writer.returncode == 0 for writer in writers)
    kept = {uid: count for one in said for uid, count in one["kept"].items()}
    conflicts = {uid for one in said for uid in one["conflicts"]}

    assert len(kept) == edits * len(readers)
    stored = dict(ask("SELECT edit_uid, count(*) FROM lesion_revisions WHERE edit_uid IS NOT NULL GROUP BY edit_uid"))
    assert stored == kept, "what was said to be kept is there, whole, and nothing of a conflict is"
    assert not conflicts & stored.keys()
    after = int(str(ask("SELECT count(*) FROM lesion_revisions")[0][0]))
    assert after == before + sum(kept.values())
    _check_chains(ask("SELECT stack_id, tracking_uid, revision_number, base_revision_number FROM lesion_revisions"))
    return len(conflicts)


def _check_chains(rows: Sequence[tuple[object, ...]]) -> None:
    """Each revision was made from the one before it."""
    chains: dict[tuple[object, object], list[tuple[object, object]]] = defaultdict(list)
    for stack_id, uid, number, base in rows:
        chains[stack_id, uid].append((number, base))
    for chain in chains.values():
        expected = [(number, number - 1 or None) for number in range(1, len(chain) + 1)]
        assert sorted(chain) == expected  # type: ignore[type-var]
