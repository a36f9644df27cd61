import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"


@pytest.fixture(autouse=True, scope="session")
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the user's own key for pseudonyms out of the tests: they have one in a folder of theirs."""
    folder = tmp_path_factory.mktemp("configuration")
    key = folder / "calcimeasure" / "pseudonyms.key"
    key.parent.mkdir()
    key.write_text("5a" * 32 + "\n", encoding="ascii")
    key.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield key


@pytest.fixture
def external_program() -> Callable[[str], Path]:
    """Path of a program that is no Python package; without it the test is skipped, or fails where CI requires it."""

    def find(name: str) -> Path:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
        reason = f"the program {name} is not on PATH"
        if os.environ.get("CALCIMEASURE_REQUIRE_EXTERNAL") == "1":
            pytest.fail(f"{reason}, and CALCIMEASURE_REQUIRE_EXTERNAL=1 requires it")
        pytest.skip(reason)

    return find


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"there is no ../shared/{name} beside the project")
    return folder


@pytest.fixture(scope="session")
def shared_dicom() -> Path:
    """Folder of the public DICOM beside the project."""
    return _shared("dicom")


@pytest.fixture(scope="session")
def shared_phantoms() -> Path:
    """Folder of the phantoms with known truth beside the project."""
    return _shared("phantoms")
