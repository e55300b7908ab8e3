import pytest

from nodewise.criteria.rules import Span, condition, either, exactly, largest, parse, table, told
from nodewise.errors import NodewiseError

HEAD = "size,side,answer,says,source,standing,confidence\n"
SMALL = parse(
    "small",
    HEAD
    + "<=30,any,low,small,book,K,H\n"
    + ">30 <=60,left|right,middle,mid,book,K,M\n"
    + ">60,any,high,big,book,D,L",
)


def answers(size, side="left"):
    return SMALL.decide({"size": size, "side": exactly(side)}).answers


@pytest.mark.parametrize(
    ("size", "found"),
    [(30, ("low",)), (30.1, ("middle",)), (60, ("middle",)), (60.1, ("high",))],
)
def test_both_sides_of_a_bound(size, found):
    assert answers(exactly(size)) == found


def test_what_is_known_in_part_leaves_only_what_could_be():
    assert answers(Span(32)) == ("middle", "high")
    assert answers(Span(61)) == ("high",)
    assert answers(None) == ("low", "middle", "high")
    assert answers(Span(32), "midline") == ("high",)


def test_the_fact_that_would_decide_is_named():
    found = SMALL.decide({"size": Span(32), "side": exactly("left")})
    assert (found.answer, found.open_facts) == (None, ("size",))


def test_no_row_gives_no_answer():
    found = SMALL.decide({"size": exactly(45), "side": exactly("midline")})
    assert (found.answer, found.possible) == (None, ())


def test_a_table_that_asks_for_a_fact_that_is_not_there_says_which():
    with pytest.raises(NodewiseError, match="small asks for side"):
        SMALL.decide({"size": None})


@pytest.mark.parametrize(
    ("fact", "wanted", "holds"),
    [
        (Span(1, 2), ">1", None),
        (Span(1, 2, low_open=True), ">1", True),
        (Span(1, 2), "<1", False),
        (Span(1, 2, low_open=True), "<=1", False),
        (Span(2, 2), "<2", False),
        (Span(2, 2), ">=2", True),
        (Span(0, 2), "1", None),
        (frozenset({"a"}), "a|b", True),
        (frozenset({"a", "c"}), "a|b", None),
        (frozenset({"c"}), "a|b", False),
    ],
)
def test_a_condition_is_met_not_met_or_open(fact, wanted, holds):
    row = parse("one", f"x,answer,says,source,standing,confidence\n{wanted},a,s,s,K,H").rows[0]
    assert row.asks({"x": fact}) == {"x": holds}


def test_words_are_not_compared_with_numbers():
    with pytest.raises(NodewiseError, match="'left' cannot be compared"):
        SMALL.decide({"size": exactly("left"), "side": exactly("left")})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "<=30,,low,s,s,K,H", "empty"),
        (HEAD + "<=30,any,low,s,s,K", "row 1: more or fewer"),
        (HEAD + "<=30,any,low,s,s,K,H,x", "row 1: more or fewer"),
    ],
)
def test_a_broken_table_is_refused(text, says):
    with pytest.raises(NodewiseError, match=says):
        parse("broken", text)


def test_the_largest_and_the_worst_of_facts_known_in_part():
    assert largest([Span(20, 20), Span(0)]) == Span(20)
    assert largest([]) == Span(0, 0)
    no, open_ = frozenset({"no"}), frozenset({"yes", "no"})
    assert either([no, open_]) == open_
    assert either([frozenset({"yes"}), open_]) == {"yes"}
    assert either([]) == no


@pytest.mark.parametrize(
    ("text", "shown"), [("<=30", "≤ 30"), (">30 <=60", "> 30 ≤ 60"), ("4", "4"), ("<0.5", "< 0.5")]
)
def test_a_condition_is_told_as_it_is_written(text, shown):
    assert told(condition(text)) == shown


def test_rows_tell_their_standing():
    assert SMALL.rows[2].origin == "book [derived, not read anywhere; confidence low]"


def test_shipped_tables_are_read_once():
    assert table("n_head_and_neck_8") is table("n_head_and_neck_8")
