"""The pages of docs/statistics say what the code says, and print what it prints."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.statistics_examples import families, study
from docs.statistics_pages import OUT, index, page

PAGES = {method.page: (method, family) for family in families() for method in family.methods}


@pytest.fixture(scope="module")
def data():
    return study()


def test_every_method_has_its_page_and_no_page_is_left_over():
    assert {path.stem for path in OUT.glob("*.md")} == {*PAGES, "README"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_make_docs_would_write(name, data):
    assert (OUT / f"{name}.md").read_text(encoding="utf-8") == page(*PAGES[name], data)


def test_the_list_recommends_a_method_in_each_of_the_ten_families(data):
    text = (OUT / "README.md").read_text(encoding="utf-8")
    assert text == index(data)
    assert len(families()) == 10
    for number, family in enumerate(families(), start=1):
        assert f"## {number}. {family.title}\n\n{family.advice}" in text
