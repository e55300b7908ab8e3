"""The N rules once more, written as code from the fact base and not from the CSV tables.

Only complete necks: every size, side and extension is known.
"""

from nodewise.anatomy import RelativeSide

CONTRA = RelativeSide.CONTRALATERAL


def _sides(nodes):
    """(any ipsilateral, any contralateral); the midline is ipsilateral."""
    return any(n.side != CONTRA for n in nodes), any(n.side == CONTRA for n in nodes)


def _by_size_and_side(nodes, size):
    """§2.1, the part without ENE."""
    if not nodes:
        return "N0"
    biggest = max(size(n) for n in nodes)
    if biggest > 60:
        return "N3a"
    if _sides(nodes)[1]:
        return "N2c"
    if len(nodes) > 1:
        return "N2b"
    return "N2a" if biggest > 30 else "N1"


def clinical_8(nodes):
    overt = any(n.cene_signs and n.cene_supported for n in nodes)
    return "N3b" if overt else _by_size_and_side(nodes, lambda n: n.long_axis_mm)


def pathological_8(nodes):
    extends = any(n.pene in ("minor", "major") for n in nodes)
    if not extends:
        return _by_size_and_side(nodes, lambda n: n.deposit_mm)
    if len(nodes) == 1 and nodes[0].side != CONTRA and nodes[0].deposit_mm <= 30:
        return "N2a"
    return "N3b"


def clinical_uicc9(nodes):
    seen = any(n.iene_grade > 0 for n in nodes)
    return "N3b" if seen else clinical_8(nodes)


def hpv_clinical_8(nodes):
    if not nodes:
        return "N0"
    if any(n.long_axis_mm > 60 for n in nodes):
        return "N3"
    return "N2" if _sides(nodes)[1] else "N1"


def hpv_pathological_8(nodes):
    return "N0" if not nodes else "N1" if len(nodes) < 5 else "N2"


def hpv_clinical_9(nodes):
    """ENE shifts one category up; more than 6 cm is N3 whatever else."""
    without = hpv_clinical_8(nodes)
    ene = any(n.iene_grade > 0 or (n.cene_signs and n.cene_supported) for n in nodes)
    return {"N1": "N2", "N2": "N3"}.get(without, without) if ene else without


def hpv_pathological_9(nodes):
    ene = any(n.pene in ("minor", "major") for n in nodes)
    many = len(nodes) > 4
    if not nodes:
        return "N0"
    if ene:
        return "N3" if many else "N2"
    if many:
        return "N2"
    return "N1a" if len(nodes) == 1 else "N1b"


BELOW = {"IV", "VB"}


def nasopharynx_8(nodes, size):
    if not nodes:
        return "N0"
    if any(size(n) > 60 or n.level in BELOW for n in nodes):
        return "N3"
    neck = [n for n in nodes if n.level != "RETROPHARYNGEAL"]
    return "N2" if _sides(neck) == (True, True) else "N1"


def nasopharynx_clinical_9(nodes):
    advanced = any(n.iene_grade == 3 or (n.cene_signs and n.cene_supported) for n in nodes)
    return "N3" if advanced else nasopharynx_8(nodes, lambda n: n.long_axis_mm)
