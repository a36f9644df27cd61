"""Where bytes come from: read in place, and never more of them unpacked than an image can be."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from calcimeasure.errors import PixelError
from calcimeasure.load import archives, bombs, find_series, load_image
from calcimeasure.load import source as sources
from calcimeasure.load.archives import Contents, contents_of
from calcimeasure.load.bombs import ALWAYS_ALLOWED_BYTES, TooLargeError
from calcimeasure.load.pixels import stored_values
from calcimeasure.load.source import DEFLATED, inflate, open_source, read_meta, unpacked
from tests.dicom_writers import write_image, write_multiframe, write_zip
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES = np.arange(20 * 26, dtype=np.uint16).reshape(20, 26)


def peak_bytes(run: Callable[[], object]) -> int:
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def deflate_bomb(path: Path, megabytes: int) -> Path:
    """A deflated file of a few hundred kilobytes: a header, then an element of zeros."""
    whole = write_image(path, VALUES, "deflated").read_bytes()
    end = 144 + int.from_bytes(whole[140:144], "little")
    data_set = zlib.decompress(whole[end:], -zlib.MAX_WBITS)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    pixels = data_set.index(b"\xe0\x7f\x10\x00OW")
    packed = [packer.compress(data_set[:pixels] + b"\x09\x00\x10\x10OB\0\0" + (megabytes << 20).to_bytes(4, "little"))]
    packed += [packer.compress(bytes(2**20)) for _ in range(megabytes)]
    path.write_bytes(whole[:end] + b"".join([*packed, packer.flush()]))
    return path


def test_deflate_bomb_is_refused_while_it_is_small(tmp_path: Path) -> None:
    bomb = deflate_bomb(tmp_path / "in" / "bomb.dcm", megabytes=600)
    assert bomb.stat().st_size < 10**6

    def scan() -> None:
        for path in (tmp_path / "in", bomb):
            found = find_series(path)
            assert found.series == ()
            (failure,) = found.unreadable
            assert f"more than {ALWAYS_ALLOWED_BYTES} bytes in a deflated file" in failure.message

    assert peak_bytes(scan) < 4 * ALWAYS_ALLOWED_BYTES


def test_deflate_bomb_is_refused_in_the_pixels(tmp_path: Path) -> None:
    """The file was no bomb when its header was read."""
    path = write_image(tmp_path / "bomb.dcm", VALUES, "deflated")
    (stack,) = find_series(path).series
    deflate_bomb(path, megabytes=100)
    with pytest.raises(PixelError) as caught:
        load_image(stack)
    assert caught.value.reason in ("decode_failed", "file_changed")


def test_large_image_that_packs_well_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).integers(0, 4, (500, 500)).astype(np.uint16)
    monkeypatch.setattr(bombs, "ALWAYS_ALLOWED_BYTES", 1000)
    path = write_image(tmp_path / "files" / "image", values, "deflated")
    assert len(find_series(path).series) == 1
    write_image(path, values)
    assert len(find_series(write_zip(tmp_path / "a.zip", tmp_path / "files")).series) == 1
    monkeypatch.setattr(bombs, "LARGEST_RATIO", 1)
    assert find_series(tmp_path / "a.zip").series == ()


def test_largest_size_holds_whatever_the_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_INFLATED_BYTES", 1000)
    monkeypatch.setattr(archives, "LARGEST_MEMBER_BYTES", 1000)
    path = write_image(tmp_path / "files" / "image", VALUES, "deflated")
    with path.open("rb") as file:
        read_meta(file)
        with pytest.raises(TooLargeError, match="more than 1000 bytes"):
            inflate(file)
    write_image(path, VALUES)
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files", zipfile.ZIP_STORED)
    with pytest.raises(TooLargeError, match="a member of"), open_source(archive, "image"):
        pass


def test_deflated_data_set(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", VALUES, "deflated")
    with path.open("rb") as file:
        meta = read_meta(file)
        data = inflate(file)
    assert meta.TransferSyntaxUID == DEFLATED
    assert pydicom.dcmread(data, force=True).PixelData == VALUES.tobytes()


@pytest.mark.parametrize("preamble", [True, False])
def test_meta_information_ends_where_the_data_set_begins(tmp_path: Path, preamble: bool) -> None:
    path = write_image(tmp_path / "image", VALUES, "implicit_le")
    path.write_bytes(path.read_bytes()[0 if preamble else 132 :])
    with path.open("rb") as file:
        assert read_meta(file).TransferSyntaxUID == pydicom.uid.ImplicitVRLittleEndian
        assert file.read(4) == b"\x08\x00\x05\x00"
    assert len(find_series(path).series) == 1


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_deflate_stream_without_its_end_is_refused(tmp_path: Path, lost: int) -> None:
    """All values can be there, and the end mark not: what else was lost, nobody knows."""
    path = write_image(tmp_path / "image", VALUES, "deflated")
    (stack,) = find_series(path).series
    whole = path.read_bytes()
    # A byte behind the stream makes the length even.
    path.write_bytes(whole[: len(whole.rstrip(b"\0")) - lost])
    with pytest.raises(PixelError, match="found a deflate stream that is cut off") as caught:
        stored_values(stack.instances[0])
    assert caught.value.reason == "decode_failed"
    (failure,) = find_series(path).unreadable
    assert failure.reason == "unreadable_file"
    assert "a deflate stream that is cut off" in failure.message


def test_file_without_meta_information(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", VALUES, "implicit_le", preamble=False)
    with path.open("rb") as file:
        assert len(read_meta(file)) == 0
        assert file.tell() == 0


def test_bomb_without_preamble(tmp_path: Path) -> None:
    bomb = deflate_bomb(tmp_path / "bomb.dcm", megabytes=100)
    bomb.write_bytes(bomb.read_bytes()[132:])
    found = find_series(bomb)
    assert "bytes in a deflated file" in found.unreadable[0].message


def test_element_that_nobody_needs_is_passed_over(tmp_path: Path) -> None:
    """Whatever it takes: 100 MB in a .zip."""
    whole = write_image(tmp_path / "image", VALUES).read_bytes()
    start = whole.index(b"\x10\x00\x10\x00PN")
    private = b"\x09\x00\x10\x10OB\0\0" + (100 << 20).to_bytes(4, "little")
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("image", "w") as file:
        file.write(whole[:start] + private)
        for _ in range(100):
            file.write(np.random.default_rng(0).bytes(2**15) + bytes(2**20 - 2**15))
        file.write(whole[start:])

    def load() -> None:
        (stack,) = find_series(archive).series
        assert load_image(stack).attenuation_hu.shape == (1, *VALUES.shape)

    # zipfile passes over 16 MB at a time.
    assert peak_bytes(load) < 80e6


def test_what_was_unpacked_is_given_back(tmp_path: Path) -> None:
    grid = straight_grid((5, 8, 9), (1.0, 1.0, 1.0))
    hu = np.random.default_rng(1).integers(-1000, 1000, grid.shape_kji)
    write_multiframe(tmp_path / "files" / "one", hu, grid, syntax="deflated")
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    for path in (archive, tmp_path / "files"):
        (stack,) = find_series(path).series
        before = unpacked.cache_info().misses
        assert np.array_equal(load_image(stack).attenuation_hu, hu)
        # Once, and not for each frame.
        assert unpacked.cache_info().currsize == 0
        assert unpacked.cache_info().misses - before in (0, 1)


def test_uid_with_padding_is_no_way_round(tmp_path: Path) -> None:
    """A transfer syntax written longer than it is would let another parser unpack the whole."""
    bomb = deflate_bomb(tmp_path / "bomb.dcm", megabytes=100)
    whole = bomb.read_bytes()
    uid = b"UI\x16\x00" + DEFLATED.encode()
    assert uid in whole
    longer = whole.replace(uid, b"UI\x18\x00" + DEFLATED.encode() + b"\0\0")
    length = int.from_bytes(longer[140:144], "little") + 2
    bomb.write_bytes(longer[:140] + length.to_bytes(4, "little") + longer[144:])
    found = find_series(bomb)
    assert "bytes in a deflated file" in found.unreadable[0].message


def test_members_by_name_without_folders(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a/y"):
        write_image(tmp_path / "files" / name, VALUES)
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    with zipfile.ZipFile(archive, "a") as packed:
        packed.mkdir("empty")
    assert contents_of(archive) == Contents(("a/y", "a/z", "b"))


def test_archive_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    write_image(tmp_path / "files" / "one", VALUES)
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    os.utime(archive, ns=(1, 1))
    assert contents_of(archive) == Contents(("one",))
    write_image(tmp_path / "files" / "two", VALUES)
    write_zip(archive, tmp_path / "files")
    assert contents_of(archive) == Contents(("one", "two"))


def test_member_that_is_not_there(tmp_path: Path) -> None:
    write_image(tmp_path / "files" / "one", VALUES)
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    with pytest.raises(OSError, match="KeyError"), open_source(archive, "two"):
        pass
