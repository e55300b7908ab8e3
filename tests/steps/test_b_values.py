"""A frozen ADC cut-off at other b-values."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.errors import StatsError
from nodewise.maps import fit
from nodewise.models import Adc, Ivim
from nodewise.simulate.published import described
from nodewise.steps.statistics.b_values import across_b_values
from nodewise.trial import load

OWN = [0, 100, 500, 750, 1000]


@pytest.fixture(scope="module")
def trial():
    return load("mpmri")


def moved(trial, *others, kurtoses=(0.5,)):
    answer = across_b_values(trial, others, kurtoses=kurtoses, test=None)
    return answer.parts[-1].rows


def test_the_trial_s_own_b_values_leave_the_cut_off_where_it_is(trial):
    (row,) = moved(trial, OWN)
    values = [value for name, value in row.items() if name != "b-values"]
    assert values == pytest.approx([0.94e-3] * 4, rel=1e-6)


def test_mono_exponential_tissue_is_the_same_at_any_b_values(trial):
    for row in moved(trial, [0, 800], [200, 500], [50, 1500]):
        assert row["mono-exponential"] == pytest.approx(0.94e-3, rel=1e-6)


def test_the_moved_cut_off_is_the_adc_of_the_very_tissue(trial):
    """By hand: the D whose IVIM signal has the cut-off as its ADC, measured at b 200 and 800."""
    f, d_star = (described(name)["benign"].distribution.mean for name in ("f", "d_star"))

    def adc(d, b):
        signal = Ivim(b=np.array(b, float)).signal(np.array([[1, f, d, d_star]]))
        return float(fit(Adc(b=np.array(b, float)), signal).parameter("adc")[0])

    low, high = 0.3e-3, 1.2e-3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if adc(middle, OWN) < 0.94e-3 else (low, middle)
    (row,) = moved(trial, [200, 800])
    assert row["IVIM, benign"] == pytest.approx(adc(low, [200, 800]), rel=1e-5)


def test_leaving_out_low_b_values_lowers_the_adc_of_perfused_tissue(trial):
    (row,) = moved(trial, [200, 1000])
    assert row["IVIM, benign"] < row["IVIM, metastatic"] < 0.94e-3


def test_a_kurtosis_where_the_signal_would_rise_again_has_no_cut_off(trial):
    (row,) = moved(trial, [0, 3000], kurtoses=(1.5,))
    assert row["kurtosis 1.5"] is None


def test_the_command_prints_the_table_and_gives_every_digit(trial):
    words = ["transport", "mpmri", "--b-values", "0,800", "--kurtosis", "0.7"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0, said.output
    assert "kurtosis 0.7" in said.output
    told = json.loads(CliRunner().invoke(main, [*words, "--json"]).output)
    assert told["parts"][-1]["rows"] == [
        dict(row) for row in moved(trial, [0, 800], kurtoses=(0.7,))
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--b-values", "0,x"], "no list of numbers"),
        (["--b-values", "800"], "two b-values or more"),
        (["--b-values", "0,800", "--test", "ktrans"], "no frozen cut-off of an ADC"),
        (["--b-values", "0,800", "--test", "suv"], "no index test is called 'suv'"),
    ],
)
def test_what_cannot_be_carried_gets_a_sentence(words, sentence):
    found = CliRunner().invoke(main, ["transport", "mpmri", *words])
    assert found.exit_code in (1, 2)
    assert sentence in found.output


def test_a_map_that_does_not_say_its_b_values_is_refused(trial):
    maps = tuple(each.model_copy(update={"b_values": None}) for each in trial.map)
    with pytest.raises(StatsError, match="does not say the b-values"):
        moved(trial.model_copy(update={"map": maps}), [0, 800])
