"""Files that appear whole or not at all."""

from pathlib import Path

import pytest

from ffcore.whole_file import whole_file


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_what_is_broken_off_leaves_the_old_file_alone(tmp_path: Path, stop: type[BaseException]) -> None:
    """A reader never sees half a file, and nothing is left beside it."""
    path = tmp_path / "result.json"
    path.write_text("old", encoding="utf-8")

    def breaks_off() -> None:
        with whole_file(path) as unfinished:
            unfinished.write_text("ne", encoding="utf-8")
            raise stop

    with pytest.raises(stop):
        breaks_off()

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
