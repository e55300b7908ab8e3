from nodewise.report import ForestRow, Sheet, level_page


def test_a_level_page_holds_sentences_tables_plots_and_remarks():
    text = level_page(
        "MRI against pathology",
        ["Sensitivity was 0.65.", "Only dissected levels count."],
        sheets=[
            Sheet(caption="By level", head=["Level", "TP"], rows=[["ipsilateral"], ["II", "225"]])
        ],
        forests={
            "Sensitivity": [
                ForestRow(label="II", value=0.65, low=0.6, high=0.7, text="0.65 (0.60 to 0.70)"),
                ForestRow(label="V", value=None, low=None, high=None, text="not estimable"),
            ]
        },
        remarks=["12 patients had no pathology <b>."],
    )
    for told in ("MRI against pathology", "Sensitivity was 0.65.", "225", "not estimable", "V"):
        assert told in text
    assert '<td class="n">225</td>' in text
    assert text.count('class="estimate"') == 1
    assert "pathology &lt;b&gt;." in text
    assert "never recommends a treatment" in text


def test_a_level_page_of_a_sentence_alone_is_a_page():
    text = level_page("Nothing", ["No level had a reference."])
    assert text.startswith("<!doctype html>")
    assert "<figure" not in text
