"""Folders and zips, friendly and hostile."""

import stat
import zipfile

import pytest

from nodewise.errors import IngestError
from nodewise.ingest import sources
from nodewise.ingest.sources import HIDDEN_TRUTH, Place, find, unpack


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def link():
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_a_zip_is_read_like_the_folder_it_was(write, imported, tmp_path):
    paths = write(tmp_path / "scan")
    zipped(tmp_path / "scan.zip", [(f"a/{path.name}", path.read_bytes()) for path in paths])
    packed = imported(tmp_path / "scan.zip").series[0]
    assert packed.digest == imported(tmp_path / "scan").series[0].digest


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([("../escape.dcm", b"x")], "outside its folder"),
        ([("a/../../escape.dcm", b"x")], "outside its folder"),
        ([("..\\escape.dcm", b"x")], "outside its folder"),
        ([("/etc/escape.dcm", b"x")], "outside its folder"),
        ([("C:\\escape.dcm", b"x")], "outside its folder"),
        ([("inner.zip", b"x")], "another zip"),
        ([(link(), b"/etc/passwd")], "a link"),
        ([("/".join("a" * 40), b"x")], "deep"),
        ([("bomb.dcm", bytes(60_000_000))], "swell"),
    ],
)
def test_a_hostile_zip_is_told_and_nothing_of_it_is_unpacked(imported, tmp_path, entries, says):
    zipped(tmp_path / "hostile.zip", entries)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (first, *_) = imported(tmp_path).problems
    assert first.where.startswith("zip (SHA-256")
    assert says in first.found
    with pytest.raises(IngestError):
        unpack(tmp_path / "hostile.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.parent.glob("escape*"))


def test_a_zip_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILES", 3)
    zipped(tmp_path / "many.zip", [(f"{n}.dcm", b"") for n in range(4)])
    with pytest.raises(IngestError, match="4 files"):
        unpack(tmp_path / "many.zip", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"no zip at all"])
def test_a_damaged_zip_is_told(imported, tmp_path, content):
    (tmp_path / "broken.zip").write_bytes(content)
    (tmp_path / "participants.csv").write_text("patient_id,arm\nA,affected\n")
    result = imported(tmp_path)
    assert "damaged or encrypted" in result.found()
    assert "participants" in result.rows


def test_the_hidden_truth_is_never_entered(tmp_path):
    (tmp_path / "hospital").mkdir()
    (tmp_path / "hospital" / "participants.csv").touch()
    (tmp_path / "hidden_truth" / "deeper").mkdir(parents=True)
    (tmp_path / "hidden_truth" / HIDDEN_TRUTH).touch()
    (tmp_path / "hidden_truth" / "deeper" / "specimen_nodes.csv").touch()
    (tmp_path / "hidden_truth" / "nodes.csv").touch()
    places = [place for place in find([tmp_path], tmp_path / "x") if isinstance(place, Place)]
    assert [place.path.name for place in places] == ["participants.csv"]


def test_a_dicomdir_is_no_file_to_take_in(write, imported, tmp_path):
    write(tmp_path)
    (tmp_path / "DICOMDIR").write_bytes(b"anything")
    assert not imported(tmp_path).problems


def test_a_source_that_is_not_there_is_refused(imported, tmp_path):
    with pytest.raises(IngestError, match="source 1 of 1 does not exist"):
        imported(tmp_path / "nowhere")


def test_an_empty_source_is_refused(imported, tmp_path):
    with pytest.raises(IngestError, match="no file"):
        imported(tmp_path)
