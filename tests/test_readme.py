import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_s_examples_print_what_they_say():
    found = doctest.testfile(str(README), module_relative=False)
    assert found.attempted > 5
    assert found.failed == 0
