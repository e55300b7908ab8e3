import json

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.errors import IngestError
from nodewise.steps.levels.extracapsular import account

HEAD = (
    "patient,patient,patient,tumor,pathology,pathology,positive_dissected,positive_dissected\n"
    "#,#,#,1,ipsi,contra,ipsi,contra\n"
    "id,hpv_status,extracapsular,subsite,II,II,II,II\n"
)


def written(tmp_path, *rows):
    path = tmp_path / "data.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_extension_moves_one_contralateral_node_to_n3b_and_hpv_disease_nowhere(tmp_path):
    found = account(
        written(
            tmp_path,
            "a,False,True,C02.1,False,True,0,1",
            "b,True,True,C01,True,False,1,0",
            "c,False,False,C02.1,True,False,3,0",
            "d,False,,C02.1,True,False,1,0",
            "e,False,True,C02.1,False,False,0,0",
        )
    )
    assert found.moves == {
        ("pN2c or pN3a", "pN3b"): 1,
        ("pN1", "pN1"): 1,
        ("pN2b or pN3a", "pN2b or pN3a"): 1,
    }
    assert (found.patients, found.unrecorded, found.without_nodes) == (5, 1, 1)


def test_an_involved_level_counts_as_one_node_where_nobody_counted(tmp_path):
    found = account(written(tmp_path, "a,False,True,C02.1,True,True,,", "b,False,True,C02,,True,,"))
    assert found.moves == {("pN2c or pN3a", "pN3b"): 2}


def test_a_table_without_extension_is_told(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(HEAD.replace("extracapsular", "n_stage") + "a,,,C01,True,,,\n")
    with pytest.raises(IngestError, match="no column extracapsular"):
        account(path)


def test_the_command_says_what_the_table_cannot_show(tmp_path):
    path = written(tmp_path, *(f"{n},False,{n % 2 == 0},C02,True,False,1,0" for n in range(8)))
    told = CliRunner().invoke(main, ["extracapsular", str(path)]).output
    assert "node-positive patients: 0.50" in told
    assert "which node or side it was in is not known" in told
    record = json.loads(CliRunner().invoke(main, ["extracapsular", str(path), "--json"]).output)
    assert record["shares"]["node-positive patients"]["value"] == 0.5


@pytest.mark.real_data
def test_real_patients_with_more_nodes_extend_more_often(shared):
    found = account(shared / "data" / "neck-levels" / "2023-clb-multisite" / "data.csv")
    shares = [found.shares[name].value for name in ("1 metastatic node", "2 to 4", "5 or more")]
    assert shares == sorted(shares)
    assert sum(found.moves.values()) == 240
    assert all(after.startswith("pN") for _, after in found.moves)
