from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.store.audit import open_trail
from nodewise.store.people import People
from nodewise.store.reading import Readings

KEY = b"k" * 32
READ = {"code": "ABCDEFGH", "round": "first", "reader": "anna", "position": 1, "iteration": 1,
        "participant": "P-1", "visit": "pre-treatment", "after": None}  # fmt: skip
ROUND = {"round": "first", "part": "pilot", "form": "suspicion_v1", "form_checksum": "x",
         "shows": "[]", "iterations": 1, "washout_days": 0, "shows_score": False,
         "seed": 1}  # fmt: skip


class Hands:
    """A clock that is set by hand."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request):
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")()


@pytest.fixture
def trail(tmp_path, clock, address):
    found = open_trail(tmp_path, KEY, clock=clock, url=address)
    yield found
    found.engine.dispose()


@pytest.fixture
def readings(trail):
    found = Readings(trail)
    found.add_round(ROUND, by="test")
    found.add_reads([READ], by="test")
    return found


def save(readings, answers, revision=0, seconds=1.0):
    return readings.save(
        readings.read("ABCDEFGH"), "1", answers=answers, revision=revision, seconds=seconds
    )


def sign(readings):
    record = '{"signed_at": "2026-03-01T09:00:00.000+00:00"}'
    readings.sign(readings.read("ABCDEFGH"), record=record, digest="d")


def tamper(trail, *statements):
    """What somebody with the database and no respect for triggers could do."""
    with trail.engine.begin() as connection:
        if trail.engine.dialect.name == "sqlite":
            query = sql.text("SELECT name FROM sqlite_master WHERE type='trigger'")
            for name in connection.execute(query).scalars().all():
                connection.execute(sql.text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit", "signatures", "answers"):
                connection.execute(sql.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            assert connection.execute(sql.text(statement)).rowcount


def test_drafts_come_back_and_each_save_counts_its_time(readings):
    first = save(readings, {"suspicion": 2})
    save(readings, {"suspicion": 4}, revision=first["revision"], seconds=5)
    (row,) = readings.answers("ABCDEFGH", 1).values()
    assert row["answers"] == {"suspicion": 4}
    assert row["revision"] == 2
    assert readings.read("ABCDEFGH")["seconds"] == 6


def test_a_save_repeated_because_its_answer_got_lost_is_no_conflict(readings):
    save(readings, {"suspicion": 2})
    assert save(readings, {"suspicion": 2})["revision"] == 1
    with pytest.raises(StoreError, match="another window"):
        save(readings, {"suspicion": 5})


def test_a_signed_read_is_read_only_until_it_is_unlocked_as_a_new_version(readings):
    save(readings, {"suspicion": 2})
    sign(readings)
    with pytest.raises(StoreError, match="signed"):
        save(readings, {"suspicion": 5}, revision=1)
    readings.unlock(readings.read("ABCDEFGH"), by="chief", reason="wrong side")
    save(readings, {"suspicion": 5}, revision=1)
    assert readings.answers("ABCDEFGH", 1)["1"]["answers"] == {"suspicion": 2}
    assert readings.answers("ABCDEFGH", 2)["1"]["answers"] == {"suspicion": 5}
    with pytest.raises(StoreError, match="not signed"):
        readings.unlock(readings.read("ABCDEFGH"), by="chief", reason="again")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
        "UPDATE signatures SET hash = 'x'",
        "DELETE FROM signatures",
        "UPDATE answers SET answers = '{}'",
        "DELETE FROM answers",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_signed_or_logged(readings, statement):
    save(readings, {"suspicion": 2})
    sign(readings)
    with (
        pytest.raises(sql.exc.DBAPIError, match=r"append-only|read-only"),
        readings.trail.engine.begin() as connection,
    ):
        connection.execute(sql.text(statement))


def test_an_untouched_trail_holds(readings):
    save(readings, {"suspicion": 2})
    assert readings.trail.broken() == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET details = replace(details, '2', '3') WHERE number = 3", "event 3"),
        ("UPDATE audit SET at = replace(at, '09:00', '09:01') WHERE number = 1", "event 1"),
        ("DELETE FROM audit WHERE number = 2", "missing"),
    ],
)
def test_one_altered_byte_or_a_missing_event_is_found(readings, statement, says):
    save(readings, {"suspicion": 2})
    tamper(readings.trail, statement)
    assert says in "; ".join(readings.trail.broken())


def test_a_chain_that_was_made_anew_without_the_key_does_not_hold(readings, tmp_path, address):
    forged = open_trail(tmp_path, b"another key".ljust(32), url=address)
    People(forged).add("mallory", "coordinator", password="x", by="mallory")
    assert "altered" in "; ".join(readings.trail.broken())


def test_a_cut_tail_is_found_by_a_head_noted_before(readings):
    save(readings, {"suspicion": 2})
    head = readings.trail.head()
    tamper(readings.trail, "DELETE FROM audit WHERE number = 3")
    assert readings.trail.broken() == []
    assert "does not hold that event" in readings.trail.broken(expected=head)[0]


def test_an_error_leaves_neither_a_change_nor_its_event(readings):
    before = len(readings.trail.events())
    with pytest.raises(sql.exc.IntegrityError):
        readings.add_reads([READ | {"position": 2}], by="test")  # the code is taken
    with pytest.raises(StoreError, match="somebody else has added cases meanwhile"):
        readings.add_reads([READ | {"code": "BBBBBBBB"}], by="test")  # the place is taken
    assert len(readings.trail.events()) == before


def test_a_session_ends_when_idle_and_at_last_in_any_case(trail, clock):
    people = People(trail)
    people.add("anna", "reader", password="hash", by="test")
    people.begin("token", "anna", csrf="c")
    limits = {"idle": timedelta(minutes=30), "absolute": timedelta(hours=12)}
    for _ in range(28):
        clock.time += timedelta(minutes=25)
        assert people.login("token", **limits).role == "reader"
    clock.time += timedelta(minutes=25)
    assert people.login("token", **limits) is None
    people.begin("second", "anna", csrf="c")
    clock.time += timedelta(minutes=31)
    assert people.login("second", **limits) is None


def test_a_name_is_given_once(trail):
    People(trail).add("anna", "reader", password="hash", by="test")
    with pytest.raises(StoreError, match="already"):
        People(trail).add("anna", "pathology manager", password="hash", by="test")
