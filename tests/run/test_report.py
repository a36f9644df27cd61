"""report.html as commands write it: with the tables, without it on request, and with the outlines of today."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calcimeasure import cli, review
from calcimeasure.load import find_series, load_image
from calcimeasure.model import AlgorithmType, Outline
from calcimeasure.results import pseudonyms_of, store_that_is_there, write_tables_of
from calcimeasure.settings import Settings
from calcimeasure.store import file_url, open_store
from tests.report.reading import Element, read_page
from tests.tables import read, write_ct


def run(*arguments: object) -> str:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of images, and beside it the results."""
    folder = tmp_path_factory.mktemp("measured")
    write_ct(folder / "in", seed="run report")
    run("measure", folder / "in", "--out", folder / "out", "--workers", 1)
    return folder


@pytest.fixture
def both(measured: Path, tmp_path: Path) -> Path:
    """A copy of both folders."""
    folder = tmp_path / "both"
    shutil.copytree(measured, folder)
    shutil.rmtree(folder / "in")
    (folder / "in").symlink_to(measured / "in")
    return folder


def cards(out: Path, name: str = "report.html") -> Sequence[Element]:
    return read_page(out / name).of_class("card")


def redraw(out: Path, images: Path) -> None:
    """Take the first slice from the largest lesion, as a reader, and write the tables."""
    volume = load_image(find_series(images).series[0], Settings())
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        newest = store.histories(1)
        first = next(history[-1] for history in newest.values() if history[-1].lesion.number == 1)
        smaller = first.lesion.outline.mask()
        smaller[0] = False
        outline = Outline.from_mask(smaller, first.lesion.outline.start_kji)
        signature = review.Signature("A. Reader", datetime.now(UTC))
        redrawn = review.redraw(first, outline, AlgorithmType.MANUAL, volume, Settings(), signature)
        store.append(1, [redrawn], Settings())
    with store_that_is_there(out, print) as (store, settings):
        write_tables_of(store, settings, out, pseudonyms_of(store, settings, out, print))


def test_measure_writes_it_with_pictures_and_an_overview(measured: Path) -> None:
    page = read_page(measured / "out" / "report.html")
    assert len(page.of_class("card")) == len(read(measured / "out" / "lesions.csv"))
    assert all(card.every("image") for card in page.of_class("card"))
    (overview,) = page.of_class("overview")
    assert overview.every("image")
    assert overview.of_class("bar"), "its scale"


def test_an_outline_of_a_reader_is_drawn_again_where_the_images_are(both: Path, measured: Path) -> None:
    out = both / "out"
    redraw(out, measured / "in")
    drawn = [bool(card.every("image")) for card in cards(out)]
    assert sorted(drawn) == [False, True]
    run("export", out, "--format", "html")
    assert all(card.every("image") for card in cards(out))


def test_where_images_are_gone_the_report_says_so(both: Path, measured: Path) -> None:
    out = both / "out"
    redraw(out, measured / "in")
    with store_that_is_there(out, print) as (store, _):
        files = [str(path) for path in store.files_of(1)]
    hidden = Path(files[0]).parent.rename(measured / "hidden")
    try:
        said = run("export", out, "--format", "html")
    finally:
        hidden.rename(measured / "in")
    assert "Pictures of a stack are missing in the report" in said
    assert [bool(card.every("image")) for card in cards(out)].count(False) == 1
    assert "none was drawn of the present outline" in read_page(out / "report.html").text


def test_without_it_none_is_written_and_an_earlier_one_is_removed(both: Path) -> None:
    out = both / "out"
    assert (out / "report.html").exists()
    run("measure", both / "in", "--out", out, "--workers", 1, "--no-report", "--set", "follow_links=true")
    assert not (out / "report.html").exists()
    run("export", out, "--format", "html", "--to", both / "elsewhere.html")
    assert len(cards(both, "elsewhere.html")) == len(read(out / "lesions.csv"))


def test_identified_one_lies_where_nothing_leaves(both: Path) -> None:
    out = both / "out"
    run("export", out, "--format", "html", "--identified")
    path = out / "private" / "identified" / "report.html"
    assert "CALCI-PHANTOM" in read_page(path).of_class("patient")[0].text
    assert path.stat().st_mode & 0o077 == 0


def test_a_fault_of_the_report_costs_no_table(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = both / "out"
    before = read(out / "lesions.csv")
    assert (out / "report.html").exists()

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("calcimeasure.report.view.Viewer.view", fails)
    arguments = ["measure", both / "in", "--out", out, "--workers", 1, "--all-tissues"]
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure")
    assert result.exit_code != 0
    assert len(read(out / "lesions.csv")) >= len(before)
    assert len(read(out / "private" / "tracking_uids.csv")) > 0
    # A report of the former tables would contradict the new ones.
    assert not (out / "report.html").exists()
