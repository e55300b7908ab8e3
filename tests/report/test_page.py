import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from time import perf_counter

import polars as pl
import pytest

from nodewise.report import page
from nodewise.report.checklist import items
from nodewise.report.page import OPTIONAL, SECTIONS
from nodewise.report.words import QUANTITIES
from nodewise.tables import TABLES

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reading(HTMLParser):
    """Reads a page: whether tags close in order, its ids, its links, its text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.links, self.said = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self._attributes(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self._attributes(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))

    def handle_data(self, data):
        if "style" not in self.open:
            self.said.append(data)

    def _attributes(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.wrong.append((tag, self.getpos()))
        given = dict(attributes)
        if "id" in given:
            self.ids.append(given["id"])
        self.links += [given[name] for name in ("href", "src", "data", "action") if name in given]

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.said))


def shown(fake):
    return page(fake.trial, fake.tables, pictures=fake.pictures, provenance=fake.provenance)


def exploratory(fake):
    return replace(fake, trial=fake.trial.model_copy(update={"primary_test": "d"}))


def hollow(fake):
    """Every table with one row in which nothing is known that may be unknown."""
    known = {
        "analysis": "metastatic-against-control", "test": "adc", "reader": "none", "unit": "node",
        "arm": "affected",
        "kind": "kept", "confidence": "none", "quantity": "sensitivity", "stratum": "all",
    }  # fmt: skip
    filled = {pl.String: "x", pl.Boolean: False, pl.Date: date(2024, 1, 1)}
    tables = {
        name: table.frame(
            [
                {
                    column.name: known.get(column.name, filled[type(column.kind)])
                    for column in table.columns
                    if not column.nullable
                }
            ]
        )
        for name, table in TABLES.items()
    }
    return replace(fake, tables=tables, pictures=())


@pytest.fixture(
    scope="module",
    params=["whole", "empty", "one patient", "no positives", "exploratory", "hollow", "blind"],
)
def any_page(request, fake, empty, make):
    """The page of each kind of study, made once for all that is asked of it."""
    study = {
        "whole": lambda: fake,
        "empty": lambda: empty,
        "one patient": lambda: make(affected=1, control=0),
        "no positives": lambda: make(ill=0.0),
        "exploratory": lambda: exploratory(fake),
        "hollow": lambda: hollow(fake),
        "blind": lambda: fake.without("units", "accuracy", "curves", "flow", "matches"),
    }[request.param]()
    return shown(study)


@pytest.fixture(scope="module")
def whole(fake):
    return shown(fake)


def test_every_page_closes_its_tags_and_names_each_place_once(any_page):
    read = Reading(any_page)
    assert read.wrong == []
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))


def test_every_page_asks_nothing_of_any_other_place(any_page):
    read = Reading(any_page)
    assert all(link.startswith(("#", "tables/", "data:")) for link in read.links)
    assert all(link[1:] in read.ids for link in read.links if link.startswith("#"))
    assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|<script|<iframe", any_page)
    assert "url(" not in re.sub(r"url\(#arrow\)", "", any_page)
    assert "default-src 'none'" in any_page


def test_every_page_has_every_section_in_order(any_page):
    ids = [each for each in Reading(any_page).ids if each in SECTIONS]
    asked = {*OPTIONAL} - {"outcomes"}  # the study of these tests asks for no other
    assert ids == [name for name in SECTIONS if name not in asked]


def test_no_page_shows_a_value_that_is_not_one(any_page):
    text = Reading(any_page).text
    assert not re.search(r"\b(nan|None|null|inf)\b", text.replace("None stated", ""))


def test_the_page_states_evidence_and_recommends_nothing(any_page):
    assert "It never recommends a treatment" in Reading(any_page).text


def test_simulated_participants_are_said_to_be_simulated(fake):
    real = replace(fake, provenance=replace(fake.provenance, simulated=False))
    assert "Simulated participants." in shown(fake)
    assert "Simulated participants." not in shown(real)


def test_the_answer_gives_both_estimates_with_their_intervals(fake, whole):
    rows = fake.tables["accuracy"].filter(
        analysis="metastatic-against-control", test="adc", unit="node", method="clustered Wilson"
    )
    read = Reading(whole).text.replace("\u00a0", " ")
    for quantity in ("sensitivity", "specificity"):
        row = rows.row(by_predicate=pl.col("quantity") == quantity, named=True)
        limits = f"95 % CI {row['low']:.2f} to {row['high']:.2f}"
        counts = f"{row['numerator']} of {row['denominator']}"
        assert f"{quantity} of {row['value']:.2f} ({limits}; {counts}" in read


def test_the_answer_says_what_cannot_be_estimated(make):
    read = Reading(shown(make(ill=0.0))).text
    assert "sensitivity that these data cannot estimate (no such unit)" in read


def test_the_answer_of_an_empty_study_is_that_there_is_none(empty):
    assert "These data cannot answer the question" in shown(empty)


def test_an_exploratory_primary_test_is_called_one(fake):
    read = Reading(shown(exploratory(fake))).text
    assert "D (IVIM) has no frozen cut-off; explored over every cut-off it had" in read


def test_counts_of_the_cross_table_are_those_of_the_units(fake, whole):
    units = fake.tables["units"].filter(
        pl.col("present").is_not_null(),
        analysis="metastatic-against-control", test="adc", unit="node",
    )  # fmt: skip
    tp, fn = (units.filter(present=True, positive=said).height for said in (True, False))
    fp, tn = (units.filter(present=False, positive=said).height for said in (True, False))
    read = Reading(whole).text
    assert f"True positive {tp}, false negative {fn}, false positive {fp}, true negative" in read
    assert f"(TP {tp}, FN {fn}; FP {fp}, TN {tn})" in read


def test_marks_of_the_first_figure_are_as_many_as_the_cross_table_says(fake, whole):
    first = whole[whole.index('<div class="first">') : whole.index('id="cautions"')]
    cells = fake.tables["accuracy"].filter(
        analysis="metastatic-against-control", test="adc", quantity="accuracy", stratum="all"
    )
    cells = cells.row(0, named=True)
    for mark, cell in (("metastatic", "tp"), ("missed", "fn"), ("false-alarm", "fp")):
        assert first.count(f'class="{mark}"') == cells[cell]


def test_every_box_of_the_flow_table_is_drawn_with_its_counts(fake, whole):
    diagram = Reading(whole[whole.index('id="flow"') : whole.index('id="participants"')]).text
    for box in fake.tables["flow"].rows(named=True):
        assert box["says"].split()[0] in diagram
        for count, noun in ((box["participants"], "participant"), (box["nodes"], "node")):
            if count is not None:
                assert f"{count} {noun}" in diagram


def test_a_reason_that_left_nobody_out_is_not_drawn(fake):
    flow = fake.tables["flow"].with_columns(
        participants=pl.when(pl.col("box") == "no_mri").then(0).otherwise("participants")
    )
    text = shown(replace(fake, tables=fake.tables | {"flow": flow}))
    assert "No MRI before surgery" in shown(fake)
    assert "No MRI before surgery" not in text


def test_every_arrow_of_the_flow_ends_at_a_box(whole):
    diagram = whole[whole.index('id="flow"') : whole.index('id="participants"')]
    assert diagram.count('class="arrow"') == diagram.count("<rect") - 1


def test_every_problem_met_is_told_in_full(fake, whole):
    told = Reading(whole[whole.index('<section id="issues"') :]).text
    for issue in fake.tables["issues"].rows(named=True):
        assert all(issue[name] in told for name in ("where", "found", "needed", "action"))


def test_every_participant_stands_in_the_baseline_table(fake, whole):
    sexes = fake.tables["participants"]["sex"].value_counts().rows()
    read = Reading(whole).text
    total = fake.tables["participants"].height
    assert f"Baseline characteristics of {total} participants" in read
    assert all(f"{count} ({100 * count / total:.0f} %)" in read for _, count in sexes)


def test_what_the_registry_does_not_tell_is_told_as_a_caution(fake, whole):
    cautions = Reading(whole[whole.index('id="cautions"') : whole.index('id="flow"')]).text
    assert all(unknown[1:] in cautions for unknown in fake.trial.unknown)
    assert "spectrum bias" in cautions
    assert "stand-in" in cautions


def test_every_stard_item_says_where_it_stands_or_who_writes_it(whole):
    listed = items()
    plain = {str(number) for number in range(1, 31)} - {"10", "12", "13", "21"}
    halves = {f"{number}{half}" for number in (10, 12, 13, 21) for half in "ab"}
    assert {item.number for item in listed} == plain | halves
    assert len(listed) == 34
    assert all(item.section in SECTIONS or (not item.section and item.left) for item in listed)
    assert all(f'id="stard-{item.number}"' in whole for item in listed)


def test_naive_intervals_are_labelled_and_never_the_estimate(fake, whole):
    accuracy = fake.tables["accuracy"]
    naive = pl.col("method").str.starts_with("naive")
    changed = accuracy.with_columns(value=pl.when(naive).then(0.123456).otherwise("value"))
    other = shown(replace(fake, tables=fake.tables | {"accuracy": changed}))
    assert other == whole
    assert "Naive 95" in whole


def test_text_of_the_data_is_never_taken_for_markup(fake):
    bad = '<script>alert("x")</script>'
    issues = fake.tables["issues"].with_columns(found=pl.lit(bad), step=pl.lit(bad))
    flow = fake.tables["flow"].with_columns(says=pl.lit(bad))
    trial = fake.trial.model_copy(update={"title": bad, "question": bad})
    tables = fake.tables | {"issues": issues, "flow": flow}
    text = shown(replace(fake, trial=trial, tables=tables))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_names_as_the_hospital_wrote_them_stay_out(fake):
    secret = pl.lit("ZZTOP^SECRET")
    planted = {
        "specimen_nodes": {"specimen_node": secret, "image_label": secret},
        "regions": {"array": secret, "label": secret},
        "series": {"acquisition": secret, "array": secret},
        "matches": {"reason": secret},
        "nodes": {"label": secret},
    }
    tables = dict(fake.tables)
    for name, columns in planted.items():
        tables[name] = tables[name].with_row_index("at").with_columns(
            **{
                column: pl.format("{} {}", text, "at") if column == "specimen_node" else text
                for column, text in columns.items()
            }
        ).drop("at")  # fmt: skip
    assert "ZZTOP" not in shown(replace(fake, tables=tables))


def test_the_same_tables_give_the_same_bytes_in_whatever_order(fake, whole):
    mixed = {
        name: frame
        if name in {"flow", "issues"}
        else frame.sample(fraction=1, shuffle=True, seed=3)
        for name, frame in fake.tables.items()
    }
    assert shown(fake) == whole
    assert shown(replace(fake, tables=mixed)) == whole


def test_the_page_is_made_within_five_seconds(fake):
    start = perf_counter()
    shown(fake)
    assert perf_counter() - start < 5


def test_units_left_out_are_counted_with_their_reason(fake, whole):
    told = Reading(whole[whole.index('<section id="left-out"') :]).text
    units = fake.tables["units"].filter(analysis="within-affected", test="adc", unit="level")
    for reason, count in units["status"].value_counts().rows():
        assert re.search(rf"{reason}( \d+)* {count}\b", told)


def test_tests_that_share_their_counts_share_a_column(fake):
    units = fake.tables["units"]
    lost = pl.when(pl.col("test") == "d").then(pl.lit("no value")).otherwise("status")
    text = shown(replace(fake, tables=fake.tables | {"units": units.with_columns(status=lost)}))
    assert "nodes: ADC, f (IVIM), Ktrans, ve" in text
    assert "nodes: D (IVIM)" in text


def test_an_analysis_without_any_estimate_says_so_once(fake):
    accuracy = fake.tables["accuracy"].with_columns(
        value=None, low=None, high=None, remark=pl.lit("none of 0 nodes counts")
    )
    read = Reading(shown(replace(fake, tables=fake.tables | {"accuracy": accuracy}))).text
    assert "neither sensitivity nor specificity of ADC could be estimated" in read
    assert "nothing could be estimated" in read
    assert ", D (IVIM), f (IVIM), Ktrans, ve: None of 0 nodes counts." in read


def test_what_qualifies_the_primary_estimate_stands_on_the_first_screen(fake):
    few = "4 patients are too few for an interval that keeps its level"
    accuracy = fake.tables["accuracy"].with_columns(remark=pl.lit(few))
    text = shown(replace(fake, tables=fake.tables | {"accuracy": accuracy}))
    assert few in text[text.index('<div class="first">') : text.index('id="cautions"')]


def test_a_node_without_a_reference_is_neither_metastatic_nor_benign(fake, whole):
    values = whole[whole.index('<section id="distributions"') : whole.index('id="gallery"')]
    nodes = fake.tables["matches"].filter(pl.col("metastatic").is_null()).height
    assert f"{nodes} no reference" in values


def test_every_estimate_of_the_accuracy_table_is_shown(fake, whole):
    told = Reading(whole[whole.index('<section id="accuracy"') : whole.index('id="levels"')]).text
    rows = fake.tables["accuracy"].filter(pl.col("value").is_not_null(), stratum="all")
    assert rows.height > 50
    for row in rows.rows(named=True):
        assert f"{row['low']:.2f} to {row['high']:.2f}" in told


def test_the_methods_say_how_every_quantity_got_its_interval(fake, whole):
    told = Reading(whole[whole.index('<section id="methods"') :]).text
    told = told[told.index("Methods: ") : told.index("Multiplicity")]
    rows = fake.tables["accuracy"].filter(pl.col("value").is_not_null())
    for method, quantity in rows.select("method", "quantity").unique().rows():
        name = method.replace("; ", ", ")
        listed = told[told.index(name[0].upper() + name[1:] + " (") :]
        assert QUANTITIES[quantity] in listed[: listed.index(")", len(method) + 1)]


def test_every_area_under_a_curve_says_of_how_many_units_and_patients_it_is(whole):
    told = re.findall(r"AUC [^;.]*\.[^;]*; ([^.]*)\.", Reading(whole).text)
    assert any(" nodes in " in counts for counts in told)
    for counts in told:
        assert re.fullmatch(r"(\d+ (nodes?|levels?|neck sides?) in )?\d+ patients?", counts)


def test_the_gallery_speaks_of_a_map_where_one_is_shown_only(fake, whole):
    without = tuple(replace(each, map=None) for each in fake.pictures)
    bare = shown(replace(fake, pictures=without))
    assert ("voxel by voxel" in whole, "the same, nearer" in whole) == (True, False)
    assert ("voxel by voxel" in bare, "the same, nearer" in bare) == (False, True)
    some = shown(replace(fake, pictures=(*without[:1], *fake.pictures[1:])))
    assert "where there is no such map" in some


def test_a_long_name_of_an_axis_goes_on_below_itself(fake):
    name = "Apparent diffusion coefficient over that of muscle, after over before treatment"
    tests = [each.model_copy(update={"title": name}) for each in fake.trial.index_test]
    text = shown(replace(fake, trial=fake.trial.model_copy(update={"index_test": tuple(tests)})))
    names = re.findall(r'class="axis-title"[^>]*>([^<]*)<', text)
    assert max(map(len, names)) <= 54
    assert any(each.endswith("treatment,") or "mm²/s" in each for each in names)
