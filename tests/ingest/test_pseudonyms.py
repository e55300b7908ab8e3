from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import IngestError
from nodewise.ingest import Pseudonyms

KEY = b"a key for tests only"
IDS = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())
DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1))


@given(patient=IDS)
def test_the_same_id_gives_the_same_pseudonym_which_tells_nothing_of_it(patient):
    name = Pseudonyms(KEY).participant(patient)
    assert name == Pseudonyms(KEY).participant(f" {patient} ")
    assert len(name) == 8
    assert name.startswith("P-")
    assert name != Pseudonyms(b"another key for tests").participant(patient)


@given(patient=IDS, first=DAYS, second=DAYS)
def test_a_shift_keeps_intervals_and_moves_every_day_into_the_past(patient, first, second):
    pseudonyms = Pseudonyms(KEY)
    moved = pseudonyms.date(patient, first)
    assert pseudonyms.date(patient, second) - moved == second - first
    assert timedelta(days=1) <= first - moved <= timedelta(days=3652)


def test_patients_are_shifted_by_different_numbers_of_days():
    day = date(2024, 1, 1)
    assert len({Pseudonyms(KEY).date(str(i), day) for i in range(50)}) > 40


def test_a_short_key_is_refused():
    with pytest.raises(IngestError, match="16"):
        Pseudonyms(b"short")


def test_two_patients_never_share_a_pseudonym_unseen(monkeypatch):
    pseudonyms = Pseudonyms(KEY)
    monkeypatch.setattr(Pseudonyms, "_letters", lambda *_: "AAAAAAAA")
    pseudonyms.participant("one")
    with pytest.raises(IngestError, match="another key"):
        pseudonyms.participant("two")
