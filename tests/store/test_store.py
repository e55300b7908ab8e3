import sqlite3
import stat

import numpy as np
import pytest

from nodewise.errors import NodewiseError, StoreError
from nodewise.store import Database, Shelf, Study, create
from nodewise.store.truth_file import open_truth
from nodewise.trial import text


@pytest.fixture
def study(tmp_path):
    return create(tmp_path / "study", text("mpmri"))


def person(name, **facts):
    return {"participant": name, "arm": "affected"} | facts


def test_rows_come_back_as_they_went_in(study):
    study.database.write("participants", [person("P-1", age=61.5, preoperative_mri=True)])
    (row,) = study.database.read("participants").to_dicts()
    assert row["age"] == 61.5
    assert row["preoperative_mri"] is True
    assert row["sex"] is None


def test_writing_with_a_condition_replaces_only_what_it_names(study):
    study.database.write("participants", [person("P-1"), person("P-2")])
    study.database.write("participants", [person("P-2", sex="female")], {"participant": "P-2"})
    assert study.database.read("participants").select("participant", "sex").rows() == [
        ("P-1", None),
        ("P-2", "female"),
    ]


def test_a_row_of_the_same_key_takes_the_old_one_s_place(study):
    study.database.add("participants", [person("P-1")])
    study.database.add("participants", [person("P-1", sex="male")])
    assert study.database.read("participants")["sex"].to_list() == ["male"]


def test_what_a_table_does_not_know_or_allow_is_refused(study):
    with pytest.raises(NodewiseError, match="no column shoe_size"):
        study.database.write("participants", [person("P-1", shoe_size=44)])
    with pytest.raises(NodewiseError, match="arm must not be empty"):
        study.database.write("participants", [{"participant": "P-1"}])
    with pytest.raises(NodewiseError, match="two rows share participant"):
        study.database.write("participants", [person("P-1"), person("P-1")])


def test_the_truth_lives_in_a_file_of_its_own(study):
    with pytest.raises(StoreError, match="not kept"):
        study.database.read("specimen_nodes")
    truth = open_truth(study.folder)
    truth.write("dissections", [{"participant": "P-1", "side": "left", "level": "II"}])
    assert len(open_truth(study.folder).read("dissections")) == 1
    assert b"dissections" not in (study.folder / "study.sqlite").read_bytes()


def test_the_ledger_remembers_and_forgets(study):
    study.database.finish("measure", "P-1", key="abc")
    assert study.database.finished("measure") == {"P-1": "abc"}
    study.database.forget("measure", {"P-1"})
    assert study.database.finished("measure") == {}


def test_what_is_written_together_is_kept_at_its_end_or_not_at_all(study):
    other = Database(study.folder / "study.sqlite", truth=False)
    with study.database.together():
        study.database.add("participants", [person("P-1")])
        study.database.finish("measure", "P-1", key="abc")
        assert study.database.finished("measure") == {"P-1": "abc"}
        assert other.finished("measure") == {}
    assert other.finished("measure") == {"P-1": "abc"}

    def stopped():
        with study.database.together():
            study.database.add("participants", [person("P-2")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    study.database.add("participants", [person("P-3")])
    assert other.read("participants")["participant"].to_list() == ["P-1", "P-3"]


def test_the_key_is_for_its_owner_alone(study):
    assert stat.S_IMODE((study.folder / "key").stat().st_mode) == 0o600
    assert len(study.key) == 32


def test_a_folder_that_holds_something_is_not_made_into_a_study(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        create(tmp_path, text("mpmri"))
    with pytest.raises(StoreError, match="no study"):
        Study(tmp_path)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.random.default_rng(1).random((5, 6, 7)) > 0.5,
        np.zeros((0, 3)),
    ],
)
def test_arrays_come_back_and_equal_ones_are_kept_once(tmp_path, array):
    shelf = Shelf(tmp_path)
    first, again = shelf.put(array), shelf.put(array.copy())
    assert first == again
    assert np.array_equal(shelf.get(first), array)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_missing_array_is_told(tmp_path):
    with pytest.raises(StoreError, match="import its source again"):
        Shelf(tmp_path).get("0" * 24)


def test_a_table_of_an_earlier_version_gains_the_columns_that_it_lacks(tmp_path):
    path = tmp_path / "study.sqlite"
    Database(path, truth=False).add("participants", [{"participant": "P-1", "arm": "a"}])
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE participants DROP COLUMN histology")
    (row,) = Database(path, truth=False).read("participants").to_dicts()
    assert (row["participant"], row["histology"]) == ("P-1", None)
