"""The page in a browser: nothing leaves it, and nothing runs over its edge."""

import pytest

from nodewise.report import write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def index(fake, tmp_path_factory):
    return write(
        tmp_path_factory.mktemp("report"), fake.trial,
        tables=fake.tables, pictures=fake.pictures, provenance=fake.provenance,
    )  # fmt: skip


@pytest.mark.parametrize("width", [700, 1400])
def test_nothing_is_asked_of_another_place_and_nothing_runs_over_the_edge(chromium, index, width):
    asked, complaints = [], []
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(index.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    smallest = page.evaluate(
        """Math.min(...[...document.querySelectorAll('svg.figure')].map(
            figure => figure.getBoundingClientRect().width / figure.getAttribute('width')))"""
    )
    page.close()
    assert [url for url in asked if not url.startswith("data:")] == [index.as_uri()]
    assert complaints == []
    assert overflow <= 0
    assert smallest > 0.9  # text of 12 px stays legible


def test_the_answer_the_table_and_the_figure_stand_on_the_first_screen(chromium, index):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.goto(index.as_uri())
    lowest = max(
        page.locator(part).first.bounding_box()["y"]
        + page.locator(part).first.bounding_box()["height"]
        for part in (".sentence", ".first table", ".first svg")
    )
    page.close()
    assert lowest < 900


def test_text_in_the_boxes_of_the_flow_stays_inside_them(chromium, index):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.goto(index.as_uri())
    outside = page.evaluate(
        """[...document.querySelectorAll('#flow rect')].filter(box => {
            const text = box.nextElementSibling.getBBox(), rim = box.getBBox();
            const right = each => each.x + each.width, foot = each => each.y + each.height;
            return right(text) > right(rim) || foot(text) > foot(rim);
        }).length"""
    )
    page.close()
    assert outside == 0
