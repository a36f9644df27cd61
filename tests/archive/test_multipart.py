"""Parts of an answer, however it is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimeasure.archive.multipart import boundary_of, first_part
from calcimeasure.errors import IncompleteError


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(body)) for cut in cuts})
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]


@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 500), max_size=20))
def test_a_part_is_what_stands_between_the_boundaries(content: bytes, cuts: list[int]) -> None:
    body = b"preamble\r\n--B7\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--B7--\r\nepilogue"
    if b"\r\n--B7" not in content:
        assert b"".join(first_part(pieces_of(body, cuts), b"B7")) == content


@given(end=st.integers(0, 70), cuts=st.lists(st.integers(0, 100), max_size=5))
def test_what_ends_inside_a_part_is_refused(end: int, cuts: list[int]) -> None:
    body = b"--B7\r\nContent-Type: application/dicom\r\n\r\n" + b"x" * 40 + b"\r\n--B7--"
    with pytest.raises(IncompleteError, match="ends inside it"):
        list(first_part(pieces_of(body[:end], cuts), b"B7"))


def test_the_answer_is_read_to_its_end_so_that_its_connection_lives_on() -> None:
    pieces = iter([b"--B\r\n\r\nab\r\n--B--", b"more"])
    assert b"".join(first_part(pieces, b"B")) == b"ab"
    assert next(pieces, None) is None


def test_headers_without_end_are_refused() -> None:
    with pytest.raises(IncompleteError, match="found none"):
        list(first_part((b"x" * 1000 for _ in range(1000)), b"B"))


def test_the_boundary_stands_in_the_content_type() -> None:
    assert boundary_of("multipart/related; type=application/dicom; boundary=abc") == b"abc"
    assert boundary_of("application/dicom") is None
    assert boundary_of("multipart/related") is None
