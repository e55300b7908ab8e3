import polars as pl

from nodewise.report import write
from nodewise.tables import TABLES, dictionary


def test_the_folder_holds_the_page_every_table_and_the_dictionary(fake, tmp_path):
    index = write(
        tmp_path, fake.trial,
        tables=fake.tables, pictures=fake.pictures, provenance=fake.provenance,
    )  # fmt: skip
    assert index == tmp_path / "index.html"
    named = {path.name for path in (tmp_path / "tables").iterdir()}
    kinds = {f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet")}
    assert named == kinds | {"dictionary.csv"}
    assert pl.read_csv(tmp_path / "tables/dictionary.csv").height == dictionary().height


def test_tables_beside_the_page_are_the_tables_given(fake, tmp_path):
    write(tmp_path, fake.trial, tables=fake.tables, provenance=fake.provenance)
    for name, frame in fake.tables.items():
        assert pl.read_parquet(tmp_path / f"tables/{name}.parquet").equals(frame)
        assert pl.read_csv(tmp_path / f"tables/{name}.csv").height == frame.height


def test_text_in_the_tables_beside_the_page_is_no_formula(empty, tmp_path):
    issue = {"issue": "1", "step": "import", "where": "w", "found": "=HYPERLINK(0)"}
    issues = TABLES["issues"].frame([issue | {"needed": "n", "action": "a", "item": "i"}])
    write(tmp_path, empty.trial, tables={"issues": issues}, provenance=empty.provenance)
    assert pl.read_csv(tmp_path / "tables/issues.csv")["found"].to_list() == ["'=HYPERLINK(0)"]
    assert pl.read_parquet(tmp_path / "tables/issues.parquet").equals(issues)


def test_a_table_that_was_not_given_is_written_empty(empty, tmp_path):
    write(tmp_path, empty.trial, tables={}, provenance=empty.provenance)
    units = pl.read_parquet(tmp_path / "tables/units.parquet")
    assert units.height == 0
    assert units.schema == TABLES["units"].schema
