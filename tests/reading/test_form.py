import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import FormError
from nodewise.reading import form

CHECKSUMS = {
    "ceus_v1": "0f2565a1517644eb990f5ca8fd7ff8c0340be4dd076683f6ad184d148539eb7f",
    "ceus_response_v1": "172d9832c06045d9ef6c5c34d963a9b91a72f34b249553db238e45d209ae3607",
    "iene_v1": "4d618c1e16f4a972d29ceb029dd3bf644328e5d59233baffa04f9d2deaf023ed",
    "ni_rads_neck_v1": "6c5996980292e37c9813f4fba4076377a05e6563f3b949a7a8963f4359bab547",
    "node_rads_v1": "5ead9a276a91193cf4ae12b646b3774b015af6c95b7be180019157bad021849f",
    "note_v1": "f84b773e149accbe5b1537d2d8d8f9c6efb6a63d1abd26e62708fb8aa7bbdf23",
    "suspicion_v1": "8ac1f0efdb3f5720d8662cb63095fdf22597e913882855a131656d3b9208cfde",
    "uspio_lipid_v1": "ec111fefba2c17f9c2d0169b29433692780d2eea2b441f760bdc5f6169c7bf4f",
}
FORMS = {name: form.load(name) for name in form.released()}


def test_a_released_form_is_never_edited():
    assert {name: each.checksum for name, each in FORMS.items()} == CHECKSUMS


@pytest.mark.parametrize("sheet", FORMS.values(), ids=FORMS)
def test_every_form_says_where_it_comes_from_and_how_sure_that_is(sheet):
    assert sheet.source
    assert sheet.standing


def answers_to(sheet, draw):
    """Answers that somebody could give, drawn question by question."""
    given_so_far = {}
    for question in sheet.question:
        if not question.asked(given_so_far):
            continue
        if question.scale:
            given_so_far[question.name] = draw(st.sampled_from(sorted(question.scale)))
        elif question.choose:
            given_so_far[question.name] = draw(st.sampled_from(question.choose))
        elif question.pick:
            picks = st.lists(st.sampled_from(question.pick), min_size=1, unique=True)
            given_so_far[question.name] = draw(picks)
        elif question.number:
            limits = question.number
            given_so_far[question.name] = draw(st.floats(limits.low, limits.high))
    return given_so_far


@given(data=st.data(), sheet=st.sampled_from([f for n, f in FORMS.items() if n != "note_v1"]))
def test_a_form_answered_as_asked_has_no_problem_and_its_score_a_value(data, sheet):
    given_answers = answers_to(sheet, data.draw)
    assert sheet.problems(given_answers) == []
    if sheet.score:
        assert sheet.score.value(given_answers) is not None


@given(data=st.data(), sheet=st.sampled_from(list(FORMS.values())))
def test_leaving_out_an_answer_is_told_unless_it_is_optional_or_a_draft(data, sheet):
    given_answers = answers_to(sheet, data.draw)
    asked = [q for q in sheet.asked(given_answers) if q.name in given_answers and not q.optional]
    if not asked:
        return
    left_out = data.draw(st.sampled_from(asked))
    fewer = {name: value for name, value in given_answers.items() if name != left_out.name}
    assert any(left_out.ask in problem for problem in sheet.problems(fewer))
    assert not any("not answered" in problem for problem in sheet.problems(fewer, complete=False))


@pytest.mark.parametrize(
    ("name", "given_answers", "says"),
    [
        ("suspicion_v1", {"suspicion": 6}, "6 is not on the scale"),
        ("suspicion_v1", {"suspicion": True}, "True is not on the scale"),
        ("suspicion_v1", {"suspicion": "5"}, "'5' is not on the scale"),
        ("suspicion_v1", {"suspicion": 3, "truth": "benign"}, "no question truth"),
        ("suspicion_v1", {"suspicion": 3, "note": "x" * 4001}, "more than 4000"),
        ("iene_v1", {"grade": 1, "structures": ["muscle"]}, "structures is answered but not asked"),
        ("iene_v1", {"grade": 3, "structures": []}, "pick one or more"),
        ("iene_v1", {"grade": 3, "structures": ["muscle", "muscle"]}, "pick one or more"),
        ("ceus_v1", {"enhancement": "homogeneous", "defect": "yes", "defect_share": 0}, "no numb"),
        ("ni_rads_neck_v1", {"assessable": "no", "category": 1}, "category is answered"),
    ],
)  # fmt: skip
def test_wrong_answers_are_told_in_a_sentence(name, given_answers, says):
    assert says in "; ".join(FORMS[name].problems(given_answers, complete=False))


@pytest.mark.parametrize("size", ["normal", "enlarged"])
@pytest.mark.parametrize("texture", range(4))
@pytest.mark.parametrize("rest", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_node_rads_rises_with_its_configuration_as_in_elsholtz_2021(size, texture, rest):
    border, shape = rest
    configuration = texture + border + shape
    expected = min(configuration, 3) + (1 if size == "normal" else 2)
    parts = {"size": size, "texture": texture, "border": border, "shape": shape}
    assert FORMS["node_rads_v1"].score.value(parts) == expected


def test_bulk_is_node_rads_5_whatever_else_and_a_missing_part_gives_none():
    score = FORMS["node_rads_v1"].score
    assert score.value({"size": "bulk"}) == 5
    assert score.value({"size": "normal", "texture": 1, "border": 0}) is None


@pytest.mark.parametrize(
    ("signal", "says"), [(0, "benign"), (1, "benign"), (2, "metastatic"), (3, "metastatic")]
)
def test_the_uspio_rule_calls_signal_equal_to_or_above_lipid_metastatic(signal, says):
    assert FORMS["uspio_lipid_v1"].score.value({"signal": signal}) == says


HEAD = 'title = "t"\nper = "node"\nshows = ["MR"]\nsource = "s"\nstanding = "s"\n'


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (HEAD + '[[question]]\nname = "a"\nask = "?"\n', "give one of scale"),
        (HEAD + '[[question]]\nname = "a"\nask = "?"\ntext = true\ncolour = 1\n', "colour"),
        (HEAD + '[[question]]\nname = "a"\nask = ""\ntext = true\nwhen = { b = [1] }\n', "hangs"),
        (HEAD + '[[question]]\nname = "a"\nask = "?"\ntext = true\n' * 2, "TOML|two questions"),
        ("title = ", "not TOML"),
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused_with_the_reason(toml, says):
    with pytest.raises(FormError, match=says):
        form.parse(toml.encode(), "mine_v1")


def test_a_form_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(FormError, match="suspicion_v1"):
        form.load("../../trial")


@pytest.mark.parametrize("sheet", FORMS.values(), ids=FORMS)
def test_no_form_asks_two_questions_in_the_same_words(sheet):
    asks = [question.ask for question in sheet.question]
    assert len(asks) == len(set(asks))
