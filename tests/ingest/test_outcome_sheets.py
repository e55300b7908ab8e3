"""What became of the patients, as the hospital's tables tell it."""

import pytest

HEADS = {
    "outcomes": "patient_id,event,date,in_field,basis",
    "imaging_reports": "patient_id,date,modality,ni_rads_neck,target_sum_mm,new_lesion",
    "bone_findings": "patient_id,date,modality,bone,side,invaded",
    "bone_specimens": "patient_id,bone,side,invaded,depth_mm",
}


@pytest.fixture
def read(imported, tmp_path):
    def rows(name, *lines, file=None):
        path = tmp_path / f"{file or name}.csv"
        path.write_text("\n".join((HEADS[name], *lines)) + "\n", encoding="utf-8")
        return imported(tmp_path)

    return rows


@pytest.mark.parametrize("name", HEADS)
def test_a_table_is_known_by_its_columns_whatever_its_name(read, name):
    lines = {
        "outcomes": "A,death,2024-03-01,,register",
        "imaging_reports": "A,2024-03-01,MR,2,,no",
        "bone_findings": "A,2024-03-01,MR,mandible,left,yes",
        "bone_specimens": "A,mandible,left,yes,4",
    }
    assert len(read(name, lines[name], file="export 7").rows[name]) == 1


def test_words_come_in_as_the_tables_have_them(read):
    found = read("imaging_reports", "A,2024-03-01,mr,n-X,21.5,No").rows["imaging_reports"]
    assert found.row(0)[2:6] == ("MR", "N-x", 21.5, None)
    assert found["new_lesion"].to_list() == [False]


def test_days_between_events_are_kept_and_their_dates_are_not(read):
    frame = read("outcomes", "A,local relapse,2024-01-01,yes,", "A,death,2024-03-01,,").rows[
        "outcomes"
    ]
    first, last = frame["date"].to_list()
    assert (last - first).days == 60
    assert str(first) != "2024-01-01"


@pytest.mark.parametrize(
    ("name", "line", "says", "kept"),
    [
        ("outcomes", "A,dead,2024-03-01,,", "column event: it is none of the words", 0),
        ("outcomes", "A,,2024-03-01,,", "column event: it is empty", 0),
        ("outcomes", "A,death,1.3.2024,,", "column date: it is no date", 1),
        ("outcomes", "A,last contact,2099-03-01,,", "column date: it lies in the future", 1),
        ("outcomes", "A,death,2024-03-01,,rumour", "column basis: it is none", 1),
        ("outcomes", "A,local relapse,2024-03-01,inside,", "column in_field: it is neither", 1),
        ("imaging_reports", "A,,MR,2,,", "column date: it is empty", 0),
        ("imaging_reports", "A,2024-03-01,MR,5,,", "column ni_rads_neck: it is none", 1),
        ("imaging_reports", "A,2024-03-01,MR,2,-4,", "column target_sum_mm: it is negative", 1),
        ("bone_findings", "A,2024-03-01,MR,jaw,left,yes", "column bone: it is none", 0),
        ("bone_findings", "A,2024-03-01,XR,mandible,left,yes", "column modality: it is none", 0),
        ("bone_specimens", "A,mandible,left,no,4", "column invaded: a bone that is not", 0),
    ],
)
def test_a_row_that_cannot_be_right_is_told_by_column(read, name, line, says, kept):
    found = read(name, line)
    assert f"{name} table, row 2, {says}" in found.found()
    assert len(found.rows.get(name, ())) == kept


def test_an_event_stands_once(read):
    found = read("outcomes", "A,death,2024-03-01,,", "A,death,2024-04-01,,")
    assert len(found.rows["outcomes"]) == 1
    assert "an earlier row has the same patient_id and event" in found.found()
