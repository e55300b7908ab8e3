"""Staff and adjudicator at work in a real browser, by keyboard and by mouse."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from nodewise.reading.rounds import Round
from nodewise.steps.readings import planning

PASSWORD = "correct horse battery"
LEVEL = {"side": "left", "level": "II", "level_system": "AAO-HNS", "nodes_examined": 3}

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def readers(served, *names):
    for name in names:
        served.room.people.add(
            name, "reader", password=served.room.people.password("anna"), by="test"
        )


def open_next(page):
    """Open the case that has the focus, which comes a moment after the worklist's address."""
    expect(page.locator("a.go").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready=yes]")


def read_next(page, *digits):
    """Open the case that has the focus, answer every node, sign, by keyboard alone."""
    open_next(page)
    for digit in digits:
        page.keyboard.press(digit)
        page.keyboard.press("n")
    page.wait_for_selector("#saved.saved")
    page.keyboard.press("s")
    page.wait_for_selector("#signing[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist")


def plan(served, names, *, in_order=False, **settings):
    """Rounds `without` and `with` DWI, or one of another name."""
    facts = {"part": "pilot", "form": "suspicion_v1", "cases": 1} | settings
    rounds = [Round.model_validate(facts | {"name": "without", "shows": ["t2w"]})]
    if in_order:
        rounds.append(Round.model_validate(facts | {"name": "with", "shows": ["t2w", "dwi"]}))
    planning.plan(served.work, rounds, readers=names, by="test", in_order=in_order)


def test_the_adjudicator_decides_by_keyboard_with_both_answers_beside_the_image(served, signed_in):
    readers(served, "cleo", "dora")
    plan(served, ["cleo", "dora"])
    rule = {"name": "decided", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w", "dwi"],
            "adjudicates": {"round": "without", "apart": {"suspicion": 1}}}  # fmt: skip
    planning.plan(served.work, [Round.model_validate(rule)], readers=["adjudicator"], by="test")
    read_next(signed_in("cleo"), "4", "2", "2")
    read_next(signed_in("dora"), "1", "2", "3")
    page = signed_in("adjudicator")
    open_next(page)
    others = page.locator("#others")
    expect(others).to_contain_text("4, probably metastatic")
    expect(others).to_contain_text("1, definitely benign")
    expect(page.locator("#subjects button")).to_have_count(1)
    page.goto(f"{served.server.address}/worklist")
    read_next(page, "5")
    (code,) = served.codes("adjudicator", "decided")
    ((answers,),) = [served.room.readings.signed_answers(code).values()]
    assert answers == {"suspicion": 5}


def test_a_sequential_read_opens_with_the_added_sequence_after_the_first(served, signed_in):
    readers(served, "cleo")
    plan(served, ["cleo"], in_order=True)
    page = signed_in("cleo")
    expect(page.locator("main")).to_contain_text("after your reading of the round")
    read_next(page, "1", "2", "3")
    open_next(page)
    titles = page.locator(".column .title")
    expect(titles.nth(0)).to_contain_text("T2W")
    expect(titles.nth(1)).to_contain_text("DWI")
    assert page.url.endswith(served.codes("cleo", "with")[0])


def test_a_repeat_read_opens_after_its_wash_out_and_knows_no_earlier_answer(served, signed_in):
    readers(served, "cleo")
    plan(served, ["cleo"], iterations=2, washout_days=28)
    page = signed_in("cleo")
    read_next(page, "1", "2", "3")
    opens = datetime.now(UTC) + timedelta(days=28)
    expect(page.locator("main")).to_contain_text(f"opens from {opens:%d %b %Y}")
    served.room.trail.clock = lambda: opens + timedelta(minutes=1)
    page = signed_in("cleo")
    open_next(page)
    expect(page.locator("#subjects .done")).to_have_count(0)
    first, second = (served.room.readings.read(code) for code in served.codes("cleo", "without"))
    assert (first["iteration"], second["iteration"]) == (1, 2)
    assert first["participant"] == second["participant"]


def test_a_round_is_planned_and_assigned_by_keyboard(served, signed_in):
    page = signed_in("coordinator")
    page.goto(f"{served.server.address}/allocation")
    page.focus("input[name=name]")
    page.keyboard.type("second")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("suspicion")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("t2w")
    page.focus("input[name=name]")
    page.keyboard.press("Enter")
    expect(page.locator("table >> nth=0")).to_contain_text("second")
    page.focus("input[value=second]")
    page.keyboard.press("Space")
    page.focus("input[value=anna]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("table >> nth=1")).to_contain_text("second (3 cases)")
    assert len(served.codes("anna", "second")) == 3


@pytest.fixture
def board(served, signed_in):
    """The pathology manager's board of a participant with two specimen nodes."""
    who = served.work.tables.read("participants")["participant"].min()
    page = signed_in("pathology")
    page.goto(f"{served.server.address}/pathology/{who}")
    for name in ("S1", "S2"):
        page.focus("tr.new [name=specimen_node]")
        for keys in (name, "left", "II", "AAO", "9", "no"):
            page.keyboard.type(keys)
            page.keyboard.press("Tab")
        with page.expect_navigation():  # keys typed into a page that is about to go are lost
            page.keyboard.press("Enter")
        expect(page.locator("table >> nth=1")).to_contain_text(name)
    page.goto(f"{served.server.address}/matching/{who}")
    page.who = who
    return page


def links(served, page):
    rows = served.work.truth.read("links", {"participant": page.who}).to_dicts()
    return {row["specimen_node"]: (row["image_label"], row["certainty"]) for row in rows}


def test_nodes_entered_by_keyboard_are_matched_by_keyboard(served, board):
    label = board.locator(".node.image >> nth=1").get_attribute("data-label")
    board.focus(".node.image >> nth=0")
    board.keyboard.press("ArrowDown")
    board.keyboard.press("Enter")
    board.keyboard.press("ArrowDown")
    board.keyboard.press("Enter")
    expect(board.locator("[data-node=S2] small")).to_contain_text("certain")
    assert links(served, board) == {"S2": (label, "certain")}
    expect(board.locator("button[data-node=S2]")).to_be_focused()
    board.keyboard.press("u")
    expect(board.locator("[data-node=S2] small")).to_contain_text("uncertain")
    expect(board.locator("button[data-node=S2]")).to_be_focused()
    board.keyboard.press("Delete")
    expect(board.locator("[data-node=S2] small")).to_contain_text("not linked")
    assert links(served, board) == {}


def test_an_image_node_is_dragged_onto_a_specimen_node(served, board):
    label = board.locator(".node.image >> nth=0").get_attribute("data-label")
    board.locator(".node.image >> nth=0").drag_to(board.locator("button[data-node=S1]"))
    expect(board.locator("button[data-node=S1] small")).to_contain_text("certain")
    assert links(served, board) == {"S1": (label, "certain")}


@pytest.mark.parametrize("name", ["coordinator", "pathology", "statistician", "auditor", "anna"])
def test_every_page_of_a_role_is_no_wider_than_the_window_at_125_percent(served, signed_in, name):
    page = signed_in(name, width=1024, height=640, scale=1.25)
    page.wait_for_selector("nav[aria-label=Pages]")
    for link in page.locator("nav[aria-label=Pages] a").all():
        page.goto(served.server.address + link.get_attribute("href"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        page.go_back()


@pytest.mark.parametrize("name", ["anna", "pathology", "coordinator", "statistician", "auditor"])
def test_no_page_runs_over_the_edge_of_a_phone(signed_in, served, name):
    page = signed_in(name, width=390, height=800)
    places = [link.get_attribute("href") for link in page.locator("nav a").all()]
    who = served.work.tables.read("participants")["participant"].min()
    places += [f"/pathology/{who}", f"/matching/{who}"] if name == "pathology" else []
    places += [f"/read/{served.codes()[0]}"] if name == "anna" else []
    for place in places:
        page.goto(f"{served.server.address}{place}")
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
