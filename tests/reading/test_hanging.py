import pytest
from pydantic import ValidationError

from nodewise.reading.form import load as load_form
from nodewise.reading.form import released
from nodewise.reading.hanging import Hanging, Window, allows, house, rule


def test_every_image_hangs_by_some_rule():
    assert rule({}) is house()[-1]
    assert rule({"modality": "XX", "sequence": "anything"}) is house()[-1]


def test_a_form_s_rule_comes_before_the_house_s():
    own = Hanging(modality="CT", windows=(Window(name="fat", low=-120, high=-60),))
    assert rule({"modality": "CT"}, [own]) is own
    assert rule({"modality": "MR"}, [own]) is not own


@pytest.mark.parametrize(
    ("facts", "unit", "colours"),
    [
        ({"modality": "CT"}, "HU", "grey"),
        ({"modality": "map", "parameter": "adc"}, "10⁻³ mm²/s", "viridis"),
        ({"modality": "map", "parameter": "ktrans"}, "1/min", "magma"),
        ({"modality": "map", "parameter": "unheard of"}, None, "viridis"),
    ],
)
def test_images_hang_in_the_units_that_readers_know(facts, unit, colours):
    found = rule(facts)
    assert (found.unit, found.colours) == (unit, colours)


@pytest.mark.parametrize(("begins", "first"), [("first", 0), ("middle", 5), ("last", 9)])
def test_a_series_begins_where_its_rule_says(begins, first):
    found = Hanging(begins=begins, windows=house()[0].windows)
    assert found.first(10) == first


@pytest.mark.parametrize(
    "facts", [{}, {"low": 1}, {"low": 2, "high": 1}, {"low": 0, "high": 1, "from": 0, "to": 1}]
)
def test_a_window_has_two_limits_in_order(facts):
    with pytest.raises(ValidationError):
        Window.model_validate({"name": "w"} | facts)


def test_a_form_lets_its_modalities_and_sequences_be_opened_and_no_others():
    assert allows(["MR"], sequence="dwi", modality="MR")
    assert allows(["dwi"], sequence="dwi", modality="MR")
    assert not allows(["CT", "t2w"], sequence="dwi", modality="MR")


def test_every_released_form_names_what_it_shows():
    assert all(load_form(name).shows for name in released())
