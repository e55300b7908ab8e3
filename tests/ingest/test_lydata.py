import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nodewise.errors import IngestError
from nodewise.ingest import lydata

ID = ("patient", "core", "id")


def written(path: Path, columns: dict[tuple[str, str, str], list[str]], **how: str) -> Path:
    """A lyDATA table of a column for the sex and these, each with its cells from top to bottom."""
    columns = {("patient", "core", "sex"): ["male"] * len(next(iter(columns.values())))} | columns
    with path.open("w", newline="", encoding=how.get("encoding", "utf-8")) as file:
        lines = csv.writer(file, delimiter=how.get("delimiter", ","))
        lines.writerows(zip(*columns, strict=True))
        lines.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.csv"


def superlevel(path, **cells):
    """What a patient's level II says, given its cells and those of its sublevels."""
    table = lydata.read(written(path, {("CT", "ipsi", name): [cells[name]] for name in cells}))
    return lydata.superlevels(table.findings("CT")).row(0, named=True)


def test_an_empty_cell_is_unknown_and_not_negative(path):
    table = lydata.read(written(path, {("CT", "ipsi", "II"): ["True", "False", ""]}))
    assert table.findings("CT")["involved"].to_list() == [True, False, None]


def test_findings_name_side_and_level_as_the_house_does(path):
    columns = {("CT", "ipsi", "IIa"): ["True"], ("CT", "contra", "V"): ["False"]}
    findings = lydata.read(written(path, columns)).findings("CT")
    assert findings.rows() == [(1, "ipsilateral", "IIA", True), (1, "contralateral", "V", False)]


@pytest.mark.parametrize(
    ("cells", "involved", "filled", "disagrees"),
    [
        ({"II": "False", "IIa": "", "IIb": ""}, False, False, False),
        ({"II": "", "IIa": "True", "IIb": ""}, True, True, False),
        ({"II": "", "IIa": "False", "IIb": "False"}, False, True, False),
        ({"II": "", "IIa": "False", "IIb": ""}, None, False, False),
        ({"II": "", "IIa": "", "IIb": ""}, None, False, False),
        ({"II": "False", "IIa": "True", "IIb": "False"}, False, False, True),
        ({"II": "True", "IIa": "False", "IIb": "False"}, True, False, True),
        ({"II": "True", "IIa": "False", "IIb": ""}, True, False, False),
        ({"IIa": "False", "IIb": "False"}, False, True, False),
    ],
)
def test_a_level_stands_and_its_sublevels_speak_only_where_it_is_silent(
    path, cells, involved, filled, disagrees
):
    found = superlevel(path, **cells)
    assert found["level"] == "II"
    assert (found["involved"], found["filled"], found["disagrees"]) == (involved, filled, disagrees)


def test_one_sublevel_alone_cannot_clear_its_level(path):
    assert superlevel(path, IIa="False")["involved"] is None


def test_a_modality_is_found_whatever_its_capitals(path):
    table = lydata.read(written(path, {("MRI", "ipsi", "II"): ["True"]}))
    assert table.modality("mri") == "MRI"


def test_a_missing_modality_is_answered_with_those_that_are_there(path):
    columns = {("CT", "ipsi", "II"): ["True"], ("PET", "ipsi", "II"): ["False"]}
    table = lydata.read(written(path, columns))
    with pytest.raises(IngestError, match=r"no modality 'MRI'; it has CT, PET$"):
        table.modality("MRI")


def test_numbers_of_nodes_are_not_taken_for_involvement(path):
    columns = {("CT", "ipsi", "II"): ["True"], ("total_dissected", "ipsi", "II"): ["1"]}
    table = lydata.read(written(path, columns))
    assert (table.modalities, table.counted) == (("CT",), ("total_dissected",))
    with pytest.raises(IngestError, match="holds numbers of nodes"):
        table.modality("total_dissected")


def test_columns_that_are_no_level_are_left_alone(path):
    columns = {
        ("CT", "ipsi", "II"): ["True"],
        ("CT", "ipsi", "all"): ["True"],
        ("CT", "ipsi", "Ib_to_III"): ["False"],
    }
    assert lydata.read(written(path, columns)).findings("CT")["level"].to_list() == ["II"]


def test_a_cell_that_is_neither_true_nor_false_is_unknown_and_counted(path):
    table = lydata.read(written(path, {("CT", "ipsi", "II"): ["True", "perhaps", "FALSE"]}))
    assert table.findings("CT")["involved"].to_list() == [True, None, False]
    assert table.unreadable("CT") == 1


def test_a_date_that_cannot_be_read_is_unknown(path):
    columns = {
        ("CT", "core", "date"): ["2020-05-01", "", "1.5.20"],
        ("CT", "ipsi", "II"): ["True"] * 3,
    }
    dates = lydata.read(written(path, columns)).dates("CT")
    assert dates["date"].to_list() == [date(2020, 5, 1), None, None]


def test_a_modality_without_a_date_column_has_no_dates(path):
    table = lydata.read(written(path, {("CT", "ipsi", "II"): ["True", "False"]}))
    assert table.dates("CT")["date"].to_list() == [None, None]


def test_only_the_first_line_of_an_identifier_counts(path):
    columns = {ID: ["a", "b", "a", "", ""], ("CT", "ipsi", "II"): ["True", "", "False", "", "True"]}
    table = lydata.read(written(path, columns))
    assert table.findings("CT")["involved"].to_list() == [True, None, None, True]
    assert table.repeated == 1


def test_identifiers_stay_behind(path):
    columns = {ID: ["ZZTOP^SECRET"], ("CT", "ipsi", "II"): ["True"]}
    table = lydata.read(written(path, columns))
    for frame in (table.findings("CT"), table.dates("CT"), table.nodes("CT")):
        assert frame["patient"].to_list() == [1]
        assert "SECRET" not in str(frame.rows())


def test_lines_without_any_entry_are_no_patients(path):
    written(path, {("CT", "ipsi", "II"): ["True"]})
    path.write_text(path.read_text() + ",\n\n , \n")
    table = lydata.read(path)
    assert (len(table.rows), table.ragged) == (1, 0)


def test_a_line_of_another_length_is_left_out_and_counted(path):
    written(path, {("CT", "ipsi", "II"): ["True"], ("CT", "ipsi", "III"): ["False"]})
    path.write_text(path.read_text() + "male,True,False,True\nTrue\n")
    table = lydata.read(path)
    assert (len(table.rows), table.ragged) == (1, 2)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_of_a_spreadsheet_are_read_whatever_parts_their_cells(path, delimiter):
    columns = {("CT", "ipsi", "II"): ["WAHR", "TRUE"], ("CT", "ipsi", "III"): ["", "FALSE"]}
    written(path, columns, delimiter=delimiter, encoding="utf-8-sig")
    table = lydata.read(path)
    assert table.findings("CT")["involved"].to_list() == [None, True, None, False]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines_may_end_as_any_system_ends_them(path, ending):
    path.write_bytes(ending.join([b"CT,CT", b"ipsi,ipsi", b"II,III", b"True,False", b""]))
    assert lydata.read(path).findings("CT")["involved"].to_list() == [True, False]


def test_letters_of_an_older_encoding_do_no_harm(path):
    columns = {("patient", "core", "institution"): ["Léon"], ("CT", "ipsi", "II"): ["True"]}
    written(path, columns, encoding="latin-1")
    assert lydata.read(path).findings("CT")["involved"].to_list() == [True]


def test_blank_header_cells_repeat_the_one_before(path):
    columns = {("CT", "ipsi", "II"): ["True"], ("", "", "III"): ["False"]}
    findings = lydata.read(written(path, columns)).findings("CT")
    assert findings["level"].to_list() == ["II", "III"]


def test_the_marks_of_another_release_are_read_too(path):
    columns = {
        ("patient", "#", "age"): ["60"],
        ("CT", "info", "date"): ["2020-05-01"],
        ("CT", "ipsi", "II"): ["True"],
    }
    table = lydata.read(written(path, columns))
    assert table.modalities == ("CT",)
    assert table.dates("CT")["date"].to_list() == [date(2020, 5, 1)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 of three header rows"),
        (b"a,b\n1,2\n", "2 of three header rows"),
        (b"name,level\nZZTOP^SECRET,II\nb,III\nc,IV\n", "none says ipsi or contra"),
        (b"CT,CT\nipsi,ipsi\nII,III,IV\nTrue,False\n", "of one length"),
        (b"CT,CT\nipsi,ipsi\nII,II\nTrue,False\n", "CT / ipsi / II is there twice"),
        (b"CT,CT\nipsi,ipsi\nIIa,IIA\nTrue,False\n", "CT / ipsi / IIA is there twice"),
        (b"CT,CT\nipsi,ipsi\nII,III\n", "holds no patients"),
        (b"PK\x03\x04\0\0", "is no text file"),
        (b"CT\nipsi\nII\n" + b"x" * 200_000 + b"\n", "is no readable CSV file"),
    ],
)
def test_a_file_of_another_kind_gets_one_clear_sentence(path, content, said):
    path.write_bytes(content)
    with pytest.raises(IngestError, match=said) as caught:
        lydata.read(path)
    assert "data.csv" in str(caught.value)
    assert str(path.parent) not in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_missing_file_is_said_to_be_missing(path):
    with pytest.raises(IngestError, match=r"data\.csv cannot be read: No such file"):
        lydata.read(path)


COHORTS = {
    "2021-clb-oropharynx": (263, ("diagnostic_consensus", "pathology")),
    "2021-usz-oropharynx": (287, ("FNA", "PET", "CT", "MRI", "pCT", "pathology")),
    "2023-clb-multisite": (373, ("pathology", "diagnostic_consensus")),
    "2025-hvh-oropharynx": (164, ("CT", "MRI", "PET", "pathology")),
    "2025-ukf-hypopharynx": (54, ("sonography", "PET", "CT", "MRI", "pCT", "pathology")),
}


@pytest.mark.real_data
@pytest.mark.parametrize("cohort", COHORTS)
def test_every_cell_of_a_real_cohort_is_read_as_it_stands(shared, cohort):
    """Counted again by polars from the raw file, without this module."""
    path = shared / "data" / "neck-levels" / cohort / "data.csv"
    table = lydata.read(path)
    assert (len(table.rows), table.modalities) == COHORTS[cohort]
    assert (table.ragged, table.repeated) == (0, 0)
    raw = pl.read_csv(path, has_header=False, infer_schema=False)
    for modality in table.modalities:
        mine = [
            name
            for name in raw.columns
            if raw[name][0] == modality and raw[name][1] in {"ipsi", "contra"}
        ]
        cells = pl.concat([raw[name][3:] for name in mine])
        findings = table.findings(modality)["involved"]
        assert table.unreadable(modality) == 0
        assert int(findings.sum()) == int((cells == "True").sum())
        assert int((~findings).sum()) == int((cells == "False").sum())
