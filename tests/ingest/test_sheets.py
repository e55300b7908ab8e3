"""The hospital's tables: what is right comes in, what is wrong is told by row and column."""

import polars as pl
import pytest

HEAD = "patient_id,specimen_node,side,level,level_system,specimen_size_mm,metastatic,deposit_mm"


@pytest.fixture
def sheet(imported, tmp_path):
    def read(*rows, name="specimen_nodes.csv", head=HEAD, encoding="utf-8"):
        (tmp_path / name).write_text("\n".join((head, *rows)) + "\n", encoding=encoding)
        return imported(tmp_path)

    return read


def test_cells_come_in_as_the_tables_types(sheet):
    result = sheet("A,1,L,level iib,ajcc,12.5,yes,3", "A,2,right,III,AAO-HNS,,0,NA")
    frame = result.rows["specimen_nodes"]
    assert frame["side"].to_list() == ["left", "right"]
    assert frame["level"].to_list() == ["IIB", "III"]
    assert frame["level_system"].to_list() == ["AJCC", "AAO-HNS"]
    assert frame["metastatic"].to_list() == [True, False]
    assert frame["specimen_size_mm"].to_list() == [12.5, None]
    assert frame["participant"].n_unique() == 1
    assert not result.problems


def test_weight_and_height_are_in_kg_and_m(sheet):
    rows = ("A,affected,81.5,1.8", "B,affected,0,180")
    result = sheet(*rows, name="participants.csv", head="patient_id,arm,weight,height")
    frame = result.rows["participants"]
    assert frame.select("weight", "height").rows() == [(81.5, 1.8), (None, None)]
    told = [problem.found for problem in result.problems]
    assert told == ["it is not in 0.5 to 500 kg", "it is not in 0.2 to 2.6 m"]


def test_dates_are_shifted_by_the_same_days_as_scans(write, imported, tmp_path):
    write(tmp_path, PatientID="A")
    text = "patient_id,arm,surgery_date\nA,affected,2024-01-15\n"
    (tmp_path / "participants.csv").write_text(text)
    result = imported(tmp_path)
    surgery = result.rows["participants"]["surgery_date"][0]
    assert (surgery - result.series[0].date).days == 10
    assert surgery.year < 2024
    assert result.rows["participants"]["participant"][0] == result.series[0].participant


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("A,2,lfet,II,AJCC,3,no,", "side", "no side"),
        ("A,2,left,IIC,AJCC,3,no,", "level", "no level of AJCC"),
        ("A,2,left,IVA,AAO-HNS,3,no,", "level", "no level of AAO-HNS"),
        ("A,2,left,II,Robbins,3,no,", "level", "no known system"),
        ("A,2,left,II,,3,no,", "level", "no known system"),
        ("A,2,left,II,AJCC,-3,no,", "specimen_size_mm", "negative"),
        ("A,2,left,II,AJCC,3000,no,", "specimen_size_mm", "not in 0 to 300 mm"),
        ("A,2,left,II,AJCC,big,no,", "specimen_size_mm", "no number"),
        ("A,2,left,II,AJCC,nan,no,", "specimen_size_mm", None),
        ("A,2,left,II,AJCC,inf,no,", "specimen_size_mm", "not in 0 to 300 mm"),
    ],
)
def test_a_cell_that_cannot_be_right_is_told_and_left_empty(sheet, row, column, says):
    result = sheet("A,1,left,II,AJCC,3,no,", row)
    frame = result.rows["specimen_nodes"]
    assert frame[column].to_list()[1] is None
    assert len(frame) == 2
    if says:
        assert f"specimen_nodes table, row 3, column {column}: " in result.found()
        assert says in result.found()
        assert result.problems[0].participant == frame["participant"][0]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",2,left,II,AJCC,3,no,", "patient_id"),
        ("A,,left,II,AJCC,3,no,", "specimen_node"),
        ("A,2,left,II,AJCC,3,perhaps,", "metastatic"),
        ("A,2,left,II,AJCC,3,,", "metastatic"),
        ("A,2,left,II,AJCC,3,no,4", "metastatic"),
        ("A,1,left,II,AJCC,3,no,", "specimen_node"),
    ],
)
def test_a_row_that_cannot_stand_is_told_and_left_out(sheet, row, column):
    result = sheet("A,1,left,II,AJCC,3,no,", row)
    assert len(result.rows["specimen_nodes"]) == 1
    assert f"row 3, column {column}" in result.found()
    assert "the row was left out" in result.problems[0].action


def test_more_positive_nodes_than_examined_cannot_stand(sheet):
    head = "patient_id,side,level,level_system,nodes_examined,nodes_positive"
    result = sheet("A,left,II,AJCC,3,4", "A,left,III,AJCC,3,3", name="d.csv", head=head)
    assert result.rows["dissections"]["level"].to_list() == ["III"]
    assert "more nodes are positive" in result.found()


def test_an_id_again_in_another_file_is_still_told(sheet, imported, tmp_path):
    sheet("A,1,left,II,AJCC,3,no,", name="a_specimen_nodes.csv")
    result = sheet("A,1,left,II,AJCC,3,no,", name="b_specimen_nodes.csv")
    assert "an earlier row has the same patient_id and specimen_node" in result.found()


@pytest.mark.parametrize(
    ("head", "row", "encoding"),
    [
        ("patient_id;arm;age", "A;affected;61,5", "utf-8-sig"),
        ("Patient ID\tArm\tAge", "A\taffected\t61.5", "utf-16"),
        ("participant_id,arm,age", "sub-A,affected,61.5", "cp1252"),
    ],
)
def test_tables_of_other_programs_are_read(sheet, head, row, encoding):
    frame = sheet(row, head=head, name="participants.csv", encoding=encoding).rows["participants"]
    assert frame["age"].to_list() == [61.5]
    plain = sheet("A,affected,61.5", head="patient_id,arm,age", name="participants.csv")
    assert plain.rows["participants"]["participant"].equals(frame["participant"])


def test_parquet_is_read_like_csv(imported, tmp_path):
    frame = pl.DataFrame({"patient_id": ["A"], "arm": ["control"], "age": [61.5], "sex": [None]})
    frame.write_parquet(tmp_path / "participants.parquet")
    rows = imported(tmp_path).rows["participants"]
    assert rows.select("arm", "age", "sex").rows() == [("control", 61.5, None)]


def test_columns_that_are_not_known_are_told_by_number(sheet):
    result = sheet("A,affected,x", head="patient_id,arm,ZZTOP^SECRET", name="participants.csv")
    assert "number 3" in result.found()
    assert "ZZTOP" not in repr(result.all)
    assert len(result.rows["participants"]) == 1


def test_a_table_without_a_needed_column_is_told(sheet):
    result = sheet("A", head="patient_id", name="participants.csv")
    assert "no column arm" in result.found()
    assert not result.rows


def test_a_table_that_nobody_knows_is_told(sheet):
    assert "neither by name nor by columns" in sheet("1,2", head="a,b", name="x.csv").found()


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"\xff\xfe\0", b'"' * 999])
def test_a_table_of_rubbish_is_told(imported, tmp_path, content):
    (tmp_path / "participants.csv").write_bytes(content)
    result = imported(tmp_path)
    assert result.problems
    assert not result.rows


READING = (
    "round,part,reader,iteration,position,version,patient_id,visit,form,item,question,answer,"
    "value,case_seconds,signed_at"
)


def test_none_and_unknown_are_answers_of_readers(sheet):
    row = "ct,Pilot,reader-1,1,1,1,A,pre-treatment,iene_v1,N1,{},{},{},40,2026-01-05T09:30:00+01:00"
    rows = [row.format("necrosis", "none", ""), row.format("biopsy", "unknown", "")]
    frame = sheet(*rows, name="readings.csv", head=READING).rows["readings"]
    assert frame["answer"].to_list() == ["none", "unknown"]
    assert frame["part"].to_list() == ["pilot"] * 2
    assert frame["value"].to_list() == [None, None]
    assert set(frame["signed_at"]) == {"2026-01-05T08:30:00.000+00:00"}


@pytest.mark.parametrize(
    ("change", "column", "lost"),
    [
        ({"answer": ""}, "answer", True),
        ({"part": "second"}, "part", True),
        ({"signed_at": "yesterday"}, "signed_at", True),
        ({"iteration": "0"}, "iteration", False),
        ({"position": "1.5"}, "position", False),
        ({"case_seconds": "-3"}, "case_seconds", False),
        ({"patient_id": ""}, "patient_id", True),
        ({"question": "grade"}, "question", True),
    ],
)
def test_a_reading_that_cannot_be_right_is_told(sheet, change, column, lost):
    cells = "ct,pilot,r,1,1,1,A,pre,iene_v1,N1,grade,2,2,40,2026-01-05T09:30:00Z"
    good = dict(zip(READING.split(","), cells.split(","), strict=True))
    other = good | {"question": "certainty"} | change
    rows = (",".join(row.values()) for row in (good, other))
    result = sheet(*rows, name="readings.csv", head=READING)
    assert len(result.rows["readings"]) == 2 - lost
    assert f"row 3, column {column}" in result.found()


def test_words_of_staging_come_in_as_the_table_writes_them(sheet):
    head = "patient_id,arm,primary_side,p16,hpv,clinical_n,diagnosis_year,consent"
    rows = ("A,surgical,L,Positive,unknown,N2b,2026,yes", "B,surgical,midline,+,,N0,2026,no")
    result = sheet(*rows, head=head, name="participants.csv")
    frame = result.rows["participants"]
    assert frame["primary_side"].to_list() == ["left", "midline"]
    assert frame["p16"].to_list() == ["positive", None]
    assert frame["hpv"].to_list() == [None, None]
    assert "row 3, column p16: it is none of the words" in result.found()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("yes,0,0.4,0.6,yes", "a node without a viable share is metastatic"),
        ("no,0.3,0.4,0.3,yes", "a node with a viable share is not metastatic"),
        ("yes,0.6,0.4,0.4,yes", "add up to more than 1"),
        ("no,0,0.5,0.5,no", "shows no regression"),
        ("yes,50,0,0,yes", "it is not in 0 to 1"),
    ],
)
def test_what_is_left_of_a_node_must_agree_with_itself(sheet, cells, says):
    head = "patient_id,specimen_node,side,level,level_system,metastatic,viable_tumour,necrosis"
    right = "A,2,left,II,AJCC,no,0,0.4,0.6,yes"
    result = sheet(f"A,1,left,II,AJCC,{cells}", right, head=f"{head},fibrosis,regression")
    assert any(says in problem.found for problem in result.problems)
    kept = result.rows["specimen_nodes"].filter(specimen_node="2").row(0, named=True)
    assert (kept["necrosis"], kept["regression"]) == (0.4, True)


def test_no_more_nodes_can_show_regression_than_are_without_tumour(sheet):
    head = "patient_id,side,level,level_system,nodes_examined,nodes_positive,nodes_regressed"
    result = sheet(
        "A,left,II,AJCC,5,3,3", "A,left,III,AJCC,5,3,2", head=head, name="dissections.csv"
    )
    assert result.rows["dissections"]["level"].to_list() == ["III"]
    assert "show regression" in result.problems[0].found
