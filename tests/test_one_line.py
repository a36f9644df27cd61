"""Names of files and texts of headers change neither a screen nor the lines of a log."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from calcimeasure.one_line import one_line
from tests.batch_runs import measure
from tests.tables import write_ct

if TYPE_CHECKING:
    from pathlib import Path

ODD = "a\x1b[2J\x1b]0;title\x07\nmeasured, lesions: 0\r\x9b31m\u202egnp\u2028"


def test_whatever_changes_a_screen_is_written_as_its_code() -> None:
    line = one_line(ODD)
    assert line.isprintable()
    assert line.startswith("a\\x1b[2J\\x1b]0;title\\x07\\x0ameasured")
    assert len(line.splitlines()) == 1
    assert one_line("Knie links ä 中文 R/L 100 %") == "Knie links ä 中文 R/L 100 %"


def test_no_control_character_is_left() -> None:
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for character in map(chr, range(0x10000)):
        changes = unicodedata.category(character) in {"Cc", "Zl", "Zp"}
        changes = changes or unicodedata.bidirectional(character) in directions
        assert one_line(character) == character or not character.isprintable()
        assert not changes or one_line(character) != character


def is_clean(text: str) -> bool:
    return all(one_line(line) == line for line in text.split("\n"))


def test_odd_names_change_no_screen_and_no_line_of_the_log(tmp_path: Path) -> None:
    images, out = tmp_path / "images", tmp_path / "out"
    name = ODD.replace("/", "").replace("\u2028", "")
    write_ct(images / name)
    (images / name / "broken\x1b[1m\nfailed").write_bytes(bytes(128) + b"DICM" + b"\xff" * 40)
    done = measure(images, out, "--workers", 1, exit_code=1)
    log = (out / "private" / "log.txt").read_text(encoding="utf-8")
    for shown in (done.stdout, done.stderr, log):
        assert is_clean(shown), repr(shown)
    # A line of the log begins with its time, whatever names the files have.
    assert all(line[:2] == "20" for line in log.splitlines())
