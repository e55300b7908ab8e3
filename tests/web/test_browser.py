"""A reader at work in a real browser: keyboard alone, a lost connection, a signature."""

import pytest
from playwright.sync_api import expect

from nodewise.reading.rounds import Round
from nodewise.steps.readings import planning

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.browser


@pytest.fixture
def page(signed_in):
    return signed_in("anna")


def open_next(page):
    """By keyboard: the next case has the focus, a moment after the worklist's address."""
    expect(page.locator("a.go").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready=yes]")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def saved(page):
    page.wait_for_selector("#saved.saved")


def sign(page):
    press(page, "s")
    page.wait_for_selector("#signing[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def read_case(page, *digits):
    open_next(page)
    for digit in digits:
        press(page, digit, "n")
    saved(page)
    sign(page)


def drawn(page, selector="canvas.axial >> nth=0"):
    """The picture on a canvas, as bytes."""
    page.wait_for_timeout(120)
    return page.locator(selector).evaluate("canvas => canvas.toDataURL()")


def test_three_nodes_by_keyboard_with_a_lost_connection_then_signed_and_closed(page, served):
    (code, *_) = served.codes()
    open_next(page)
    press(page, "4", "n")
    saved(page)
    served.server.stop()
    press(page, "2", "n", "5")
    expect(page.locator("#saved")).to_contain_text("Not saved: no connection")
    assert set(served.stored(code)) == {"1"}
    served.server.start()
    expect(page.locator("#saved.saved")).to_be_visible(timeout=15000)
    stored = served.stored(code)
    assert [stored[n]["answers"]["suspicion"] for n in ("1", "2", "3")] == [4, 2, 5]
    sign(page)
    page.wait_for_url("**/feedback")
    expect(page.locator("main")).to_contain_text("metastatic")
    expect(page.locator("main")).to_contain_text("Your learning curve so far")
    stored = served.stored(code)
    page.goto(f"{served.server.address}/read/{code}")
    page.wait_for_selector("body[data-ready=yes]")
    press(page, "1")
    expect(page.locator("#sheet")).to_contain_text("signed and can be looked at only")
    assert served.stored(code) == stored


def test_answers_that_could_not_be_sent_survive_closing_the_page(page, served):
    (code, *_) = served.codes()
    open_next(page)
    served.server.stop()
    press(page, "5")
    expect(page.locator("#saved")).to_contain_text("Not saved")
    page.close(run_before_unload=False)
    served.server.start()
    again = page.context.new_page()
    again.goto(f"{served.server.address}/read/{code}")
    again.wait_for_selector("body[data-ready=yes]")
    saved(again)
    assert served.stored(code)["1"]["answers"] == {"suspicion": 5}


def test_feedback_in_part_one_and_none_in_part_two(page, served):
    first, _ = served.codes()
    served.finish(served.client("anna"), first)
    page.reload()
    read_case(page, "1", "2", "3")
    page.wait_for_url("**/feedback")
    page.goto(f"{served.server.address}/worklist")
    read_case(page, "1", "2", "3")
    page.wait_for_url("**/worklist")
    (code, *_) = served.codes(round_name="pilot")
    expect(page.locator("main")).not_to_contain_text("metastatic")
    answer = page.context.request.get(f"{served.server.address}/read/{code}/feedback")
    assert answer.status == 409


def test_a_wrong_password_does_not_sign(page, served):
    open_next(page)
    for digit in "123":
        press(page, digit, "n")
    press(page, "s")
    page.wait_for_selector("#signing[open]")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#signing")).to_contain_text("password is not right")
    assert served.room.readings.signatures() == []


def test_an_unfinished_case_is_not_signed_but_led_to_its_gap(page):
    open_next(page)
    press(page, "3", "n", "n", "2", "s")
    expect(page.locator("#subjects [aria-current=true]")).to_contain_text("Node 2")
    assert page.locator("#signing[open]").count() == 0


def test_every_viewing_key_changes_the_picture(page):
    open_next(page)
    before = drawn(page)
    for key in [*"og", "ArrowDown", "PageUp", *"w]}+lmrnhvc"]:
        press(page, key)
        after = drawn(page)
        assert after != before, key
        before = after


def test_frames_step_and_both_images_follow_the_same_cursor(page):
    open_next(page)
    right = "canvas.axial >> nth=1"
    before = drawn(page, right)
    press(page, "ArrowDown")
    after = drawn(page, right)
    assert after != before
    press(page, "x", ",")
    expect(page.locator(".column.active .title")).to_contain_text("b 0")
    assert drawn(page, right) != after


def test_a_pause_hides_the_images_and_stops_the_clock(page):
    open_next(page)
    press(page, "z")
    expect(page.locator("#images")).not_to_be_visible()
    timer = page.locator("#timer").text_content()
    page.wait_for_timeout(2200)
    assert page.locator("#timer").text_content() == timer
    page.keyboard.press("Enter")
    expect(page.locator("#images")).to_be_visible()


def test_help_opens_on_its_key_and_names_the_keys(page):
    open_next(page)
    press(page, "?")
    expect(page.locator("#keys")).to_contain_text("next, previous on the list")
    press(page, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()


def test_a_note_is_typed_and_saved_without_its_letters_acting_as_keys(page, served):
    open_next(page)
    press(page, "2", "j", "Enter")
    page.keyboard.type("no hilum, spn 15")
    press(page, "Escape")
    saved(page)
    (code, *_) = served.codes()
    page.wait_for_timeout(400)
    stored = served.stored(code)["1"]["answers"]
    assert stored == {"suspicion": 2, "note": "no hilum, spn 15"}


def test_a_click_moves_the_cursor_and_outlines_follow_the_node(page):
    open_next(page)
    box = page.locator("canvas.axial >> nth=0").bounding_box()
    before = drawn(page, "canvas.coronal >> nth=0")
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6)
    assert drawn(page, "canvas.coronal >> nth=0") != before


def test_the_page_is_whole_at_125_percent_zoom(signed_in):
    page = signed_in("ben", width=1152, height=688, scale=1.25)
    open_next(page)
    wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    high = page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert (wide, high) == (True, True)
    assert page.locator("canvas.axial >> nth=0").bounding_box()["width"] > 300


def test_the_coordinator_unlocks_with_a_reason(served, signed_in):
    anna, (first, *_) = served.client("anna"), served.codes(round_name="pilot")
    for code in (*served.codes(), first):
        served.finish(anna, code)
    chief = signed_in("coordinator")
    chief.fill("input[name=reason]", "wrong side")
    chief.keyboard.press("Enter")
    expect(chief.locator("main")).not_to_contain_text("Unlock a signed case")
    assert served.room.readings.read(first)["version"] == 2


def test_a_computed_score_is_shown_only_in_a_round_that_says_so(page, served):
    facts = {"part": "pilot", "form": "node_rads_v1", "shows": ["t2w"]}
    served.room.people.add("dora", "reader", password=served.room.people.password("anna"), by="t")
    for name, shown in (("with-score", True), ("without-score", False)):
        settings = Round.model_validate(facts | {"name": name, "shows_score": shown})
        planning.plan(served.work, [settings], readers=["dora"], by="t")
    page.goto(served.server.address)
    with page.expect_navigation():  # going elsewhere before it ends would leave her signed in
        page.click("text=Sign out")
    served.sign_in(page, "dora")
    for name, says in (("with-score", "Node-RADS: 3"), ("without-score", "")):
        page.goto(f"{served.server.address}/read/{served.codes('dora', name)[0]}")
        page.wait_for_selector("body[data-ready=yes]")
        press(page, "2", "1", "0", "0")
        saved(page)
        page.wait_for_timeout(500)
        expect(page.locator("#score")).to_have_text(says)
