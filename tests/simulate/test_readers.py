"""Laws of the simulated readers: what makes them better, alike, slower and surer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from nodewise.simulate import readers
from nodewise.simulate.readers import Case, Item, Panel, Reader, Round, Spread

WEEK = Round(
    name="ct", part="pilot", form="iene_v1", question="grade", thresholds=(1.0, 2.0, 3.0),
    decides=1.0, begins=datetime(2026, 1, 5, 8, tzinfo=UTC),
    asks={"necrosis": ("none", "focal", "gross")},
)  # fmt: skip
LEARNING = replace(WEEK, name="first", part="explorative")


def cases(count: int, *, nodes: int = 6, arm: str = "surgical") -> list[Case]:
    """Necks in which every second node has a sign of 1.6, the others one of 0.4."""
    return [
        Case(
            number=number, patient_id=f"SIM-{number:04d}", visit="post", arm=arm,
            items=tuple(
                Item(
                    label=f"N{n}", signs=dict.fromkeys(("ct", "mr", "first"), 0.4 + 1.2 * (n % 2)),
                    features={"necrosis": "focal"},
                )
                for n in range(nodes)
            ),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def read(
    *people: Reader,
    rounds: Sequence[Round] = (WEEK,),
    count: int = 100,
    spread: Spread | None = None,
) -> pl.DataFrame:
    panel = Panel(readers=people, rounds=tuple(rounds), spread=spread or Spread())
    frame = pl.DataFrame(readers.read(panel, cases(count), 5), infer_schema_length=None)
    ill = pl.col("item").str.slice(1).cast(pl.Int64) % 2 == 1
    return frame.with_columns(right=(pl.col("value") >= 1) == ill)


def accuracy(frame: pl.DataFrame) -> float:
    return float(frame.filter(question="grade")["right"].mean())


def test_the_same_seed_gives_the_same_answers():
    assert read(Reader(name="a"), count=3).equals(read(Reader(name="a"), count=3))


def test_skill_makes_answers_right():
    found = [accuracy(read(Reader(name="a", skill=skill))) for skill in (0.5, 1.0, 2.0)]
    assert found[0] + 0.05 < found[1] < found[2] - 0.05


def test_accuracy_is_what_the_noise_leaves():
    frame = read(Reader(name="a", fatigue=0.0, overlooks=0.0), count=150)
    (expected,) = readers.ndtr([0.6 / Spread().total])
    assert accuracy(frame) == pytest.approx(expected, abs=0.035)


def test_bias_moves_calls_and_leaves_skill_alone():
    plain, shy = read(Reader(name="a")), read(Reader(name="a", bias={"ct": 0.5}))
    called = [(f.filter(question="grade")["value"] >= 1).mean() for f in (plain, shy)]
    assert called[1] < called[0] - 0.1


def test_learning_raises_accuracy_with_position_in_the_explorative_part():
    novices = [Reader(name=name, start=0.2, pace=12, fatigue=0.0) for name in "abcdef"]
    frame = read(*novices, rounds=(LEARNING, WEEK), count=50).filter(question="grade")
    first = frame.filter(round="first")
    early = first.filter(pl.col("position") <= 8)["right"].mean()
    late = first.filter(pl.col("position") > 30)["right"].mean()
    assert late > early + 0.08
    assert accuracy(frame.filter(round="ct")) > early + 0.08


def test_the_pilot_part_teaches_nothing():
    assert Reader(name="a", start=0.3).skill_after(0) == pytest.approx(0.3)
    frame = read(Reader(name="a", start=0.3, fatigue=0.0), count=90).filter(question="grade")
    halves = [frame.filter(pl.col("position") <= 45), frame.filter(pl.col("position") > 45)]
    assert halves[0]["right"].mean() == pytest.approx(halves[1]["right"].mean(), abs=0.08)


def noise(name: str, each: Round) -> np.ndarray:
    """What comes between sign and one reader, for 400 nodes."""
    desk = readers._Desk(reader=Reader(name=name), round=each, spread=Spread(), seed=1, learned=0)
    rng = readers._rng(1, name, each.name)
    return np.array([desk._noise(case, item, rng) for case in cases(40, nodes=10)
                     for item in case.items])  # fmt: skip


def test_two_readers_correlate_as_the_components_say():
    first, second = noise("a", WEEK), noise("bb", WEEK)
    assert first.std() == pytest.approx(Spread().total, rel=0.1)
    expected = Spread().between_readers
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(expected, abs=0.1)


def test_two_rounds_of_one_reader_correlate_as_the_components_say():
    spread = Spread()
    expected = (spread.case**2 + spread.reader**2) / spread.total**2
    first, second = noise("a", WEEK), noise("a", replace(WEEK, name="mr"))
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(expected, abs=0.1)


def test_sure_answers_are_right_more_often_and_the_bold_are_too_sure():
    frame = read(Reader(name="a"), Reader(name="b", boldness=2.5), count=150)
    keys = ["reader", "patient_id", "item"]
    sure = frame.filter(question="certainty").select(*keys, sure="value")
    both = frame.filter(question="grade").join(sure, on=keys)
    assert both.filter(pl.col("sure") >= 4)["right"].mean() > 0.1 + (
        both.filter(pl.col("sure") <= 2)["right"].mean()
    )
    bold = both.group_by("reader").agg(pl.col("sure").mean(), pl.col("right").mean()).sort("reader")
    assert bold["sure"][1] > bold["sure"][0] + 0.5
    assert bold["right"][1] == pytest.approx(bold["right"][0], abs=0.06)


def test_cases_take_less_time_with_practice_and_more_at_the_end_of_a_session():
    frame = read(Reader(name="a", fatigue=0.6), count=160).unique("position")
    assert (
        frame.filter(pl.col("position") <= 8)["case_seconds"].mean()
        > frame.filter(pl.col("position") > 100)["case_seconds"].mean()
    )
    place = (frame["position"] - 1) % readers.SESSION
    late = frame.filter(pl.col("position") > 40)
    place = (late["position"] - 1) % readers.SESSION
    assert late.filter(place >= 6)["case_seconds"].mean() > (
        1.2 * late.filter(place <= 1)["case_seconds"].mean()
    )


def test_signatures_follow_one_another_and_repeats_follow_the_washout():
    frame = read(Reader(name="a"), rounds=(replace(WEEK, repeats=0.3),), count=30)
    signed = frame.group_by("iteration", "position").agg(
        pl.col("signed_at").str.to_datetime(time_zone="UTC").first()
    )
    firsts, again = (signed.filter(iteration=n).sort("position")["signed_at"] for n in (1, 2))
    assert firsts.is_sorted()
    assert again.is_sorted()
    assert (len(firsts), len(again)) == (30, 9)
    assert again.min() - firsts.max() > readers.WASHOUT - readers.BETWEEN_SESSIONS


def test_readers_skip_cases_and_pass_over_nodes_as_often_as_stated():
    frame = read(
        Reader(name="a", overlooks=0.1), rounds=(replace(WEEK, skips=0.2),), count=150
    ).filter(question="grade")
    there = frame["patient_id"].n_unique()
    assert there == pytest.approx(120, abs=18)
    assert frame.height / (6 * there) == pytest.approx(0.9, abs=0.03)


def test_other_questions_are_answered_in_the_form_s_words_and_mostly_right():
    frame = read(Reader(name="a")).filter(question="necrosis")
    assert set(frame["answer"]) == {"none", "focal", "gross"}
    assert (frame["answer"] == "focal").mean() > 0.8


def test_a_round_of_some_arms_is_read_of_these_alone():
    both = cases(4, arm="pilot") + cases(4, arm="explorative")
    panel = Panel(readers=(Reader(name="a"),), rounds=(replace(WEEK, arms=("pilot",)),))
    assert len({row["position"] for row in readers.read(panel, both, 1)}) == 4
