import pytest

from nodewise.ingest.diffusion import b_value


@pytest.mark.parametrize(
    ("maker", "elements", "b"),
    [
        ("Siemens", {"DiffusionBValue": 800.0}, 800),
        ("Philips", {"DiffusionBValue": 0.003}, 0),
        ("Philips", {"tag_20011003": ("FL", 500.0)}, 500),
        ("GE", {"tag_00431039": ("IS", [1000, 8, 0, 0])}, 1000),
        ("GE", {"tag_00431039": ("UN", b"500\\8\\0\\0 ")}, 500),
        ("GE", {"tag_00431039": ("IS", [1000000750, 8, 0, 0])}, 750),
        ("GE", {"tag_00431039": ("IS", [7, 8, 0, 0]), "ScanningSequence": "SE"}, None),
        ("GE", {}, None),
        ("Siemens", {"tag_0019100C": ("IS", 50)}, 50),
        ("Siemens", {"tag_0019100C": ("UN", b"50")}, 50),
        ("Toshiba", {"ImageComments": "b=1500(0.4,0.9,0.0)"}, 1500),
        ("Toshiba", {"ImageComments": "Mr B=ill"}, None),
        ("UIH", {"tag_00651009": ("FD", 600.0)}, 600),
        ("unknown", {"DiffusionBValue": -1.0}, None),
        ("unknown", {}, None),
    ],
)
def test_each_vendor_keeps_its_b_value_somewhere_else(header, maker, elements, b):
    assert b_value(header(**elements), maker) == b
