"""The N rules, written a second time from the text alone: an oracle for the tables.

Written from the prose of the TNM rules before the CSV tables were opened, so that
an error of the tables and one of this module are independent of each other. It is
plain `if` on the facts of a whole neck, never a rule engine. Nothing imports it but
the tests beside it.

Where the text leaves a choice, the reading taken here:

1. Contralateral only, p16-negative: "single contralateral of any size ENE+" (pN3b)
   and "multiple ... contralateral with any ENE+" (pN3b) together mean that
   every ENE+ neck is pN3b but the single ipsilateral node of 30 mm or less (pN2a).
2. Both >6 cm and ENE+: N3b wins over N3a, as N3a asks for ENE-.
3. cENE in the 8th edition needs clinical evidence: imaging ENE of any grade alone
   leaves cN as it is. In UICC 9 imaging ENE "is accepted": the text names no
   grade, so every grade from 1 counts.
4. HPV-positive Version 9, clinical: "no clinical ENE (cENE nor iENE)" names no
   grade, so every grade from 1 counts. The >6 cm line speaks of bilateral and
   contralateral nodes only; any side >6 cm is read as N3.
5. HPV-positive, "single" or "multiple" is not used clinically: contralateral only,
   even one node, is N2 (8th) as bilateral is.
6. Nasopharynx: a node's side relative to the tumour is not used, so contralateral
   cervical only is "unilateral", N1. Retropharyngeal nodes never make a
   neck bilateral: ipsilateral cervical with contralateral retropharyngeal is N1.
   A retropharyngeal node >6 cm breaks "<=6 cm" of N1 and is read as N3.
7. Nasopharynx Version 9: N1 and N2 ask for "no clinical ENE", N3 for *advanced
   radiologic* ENE, so a neck with grade 1-2, or with cENE that imaging does not
   show as grade 3, is on no line. "Only grade 3 upgrades" and, in doubt, the
   lower category: such a neck keeps the category of its size, side and position.
   The table takes the other reading for cENE (N3; derived, confidence medium).
8. Nasopharynx, pathological: no table of its own ("with or without pENE"): as clinical.
   The table lets no imaging ENE into pN (derived, confidence medium).
9. Microscopic (<=2 mm) and major pENE are one ENE+ in pN.
10. A neck without nodes is N0 everywhere; NX is not described and not written here.
11. Stage groups return None for a combination on no line (Tis N1, T0 N0 of a
    nasopharynx, T0 N1 of nasopharynx Version 9). "Any T N3" is any T, Tis too,
    though no such tumour should be. HPV-positive Version 9 groups are "not
    verified" in the text and are not written here.
"""

from dataclasses import dataclass

IPSILATERAL = frozenset({"ipsilateral"})
CONTRALATERAL = frozenset({"contralateral"})
BILATERAL = IPSILATERAL | CONTRALATERAL
NO_SIDE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Neck:
    """Facts of one neck; `sides` of all nodes, `cervical_sides` without retropharyngeal."""

    count: int = 0
    sides: frozenset[str] = NO_SIDE
    cervical_sides: frozenset[str] = NO_SIDE
    largest_mm: float = 0.0
    c_ene: bool = False
    i_ene_grade: int = 0
    p_ene: bool = False
    below_cricoid: bool = False


def _p16_negative_without_ene(neck: Neck) -> str:
    """Categories of size, number and side, shared by the clinical and pathological tables."""
    if neck.count == 0:
        return "N0"
    if neck.largest_mm > 60:
        return "N3a"
    if neck.sides != IPSILATERAL:
        return "N2c"
    if neck.count > 1:
        return "N2b"
    return "N2a" if neck.largest_mm > 30 else "N1"


def p16_negative_clinical_8(neck: Neck) -> str:
    """AJCC 8 and UICC 8, cN: overt clinical ENE is N3b; imaging alone is not enough."""
    if neck.count and neck.c_ene:
        return "N3b"
    return _p16_negative_without_ene(neck)


def p16_negative_clinical_uicc9(neck: Neck) -> str:
    """UICC 9, cN: imaging ENE stands for clinical ENE."""
    if neck.count and (neck.c_ene or neck.i_ene_grade >= 1):
        return "N3b"
    return _p16_negative_without_ene(neck)


def p16_negative_pathological_8(neck: Neck) -> str:
    """AJCC 8 and UICC 8, pN."""
    if neck.count == 0:
        return "N0"
    if neck.p_ene:
        small = neck.count == 1 and neck.sides == IPSILATERAL and neck.largest_mm <= 30
        return "N2a" if small else "N3b"
    return _p16_negative_without_ene(neck)


def p16_positive_clinical_8(neck: Neck) -> str:
    """HPV-positive oropharynx, 8th, cN: ENE not used."""
    if neck.count == 0:
        return "N0"
    if neck.largest_mm > 60:
        return "N3"
    return "N1" if neck.sides == IPSILATERAL else "N2"


def p16_positive_pathological_8(neck: Neck) -> str:
    """HPV-positive oropharynx, 8th, pN: the number only."""
    if neck.count == 0:
        return "N0"
    return "N1" if neck.count <= 4 else "N2"


def p16_positive_clinical_9(neck: Neck) -> str:
    """HPV-positive oropharynx, Version 9, cN: clinical or imaging ENE shifts one up."""
    if neck.count == 0:
        return "N0"
    if neck.largest_mm > 60:
        return "N3"
    ene = neck.c_ene or neck.i_ene_grade >= 1
    if neck.sides == IPSILATERAL:
        return "N2" if ene else "N1"
    return "N3" if ene else "N2"


def p16_positive_pathological_9(neck: Neck) -> str:
    """HPV-positive oropharynx, Version 9, pN (secondary source)."""
    if neck.count == 0:
        return "N0"
    if neck.count > 4:
        return "N3" if neck.p_ene else "N2"
    if neck.p_ene:
        return "N2"
    return "N1a" if neck.count == 1 else "N1b"


def nasopharynx_8(neck: Neck) -> str:
    """Nasopharynx, 8th: size, cervical bilaterality and the cricoid border."""
    if neck.count == 0:
        return "N0"
    if neck.largest_mm > 60 or neck.below_cricoid:
        return "N3"
    return "N2" if neck.cervical_sides == BILATERAL else "N1"


def nasopharynx_9(neck: Neck) -> str:
    """Nasopharynx, Version 9: grade 3 on imaging is N3 too."""
    if neck.count and neck.i_ene_grade == 3:
        return "N3"
    return nasopharynx_8(neck)


def p16_negative_group_8(t: str, n: str, m: str) -> str | None:
    """Oral cavity, larynx, hypopharynx, p16-negative oropharynx; T0 is the unknown primary."""
    if m != "M0":
        return "IVC"
    if t == "T4b" or n.startswith("N3"):
        return "IVB"
    if n.startswith("N2"):
        return "IVA" if t in {"T0", "T1", "T2", "T3", "T4a"} else None
    if t == "T4a":
        return "IVA"
    if n == "N1":
        return "III" if t in {"T0", "T1", "T2", "T3"} else None
    return {"Tis": "0", "T1": "I", "T2": "II", "T3": "III"}.get(t)


def p16_positive_clinical_group_8(t: str, n: str, m: str) -> str | None:
    """HPV-positive oropharynx, 8th, clinical."""
    if m != "M0":
        return "IV"
    if t not in {"T0", "T1", "T2", "T3", "T4"}:
        return None
    if t == "T4" or n == "N3":
        return "III"
    return "II" if t == "T3" or n == "N2" else "I"


def p16_positive_pathological_group_8(t: str, n: str, m: str) -> str | None:
    """HPV-positive oropharynx, 8th, pathological."""
    if m != "M0":
        return "IV"
    if t not in {"T0", "T1", "T2", "T3", "T4"}:
        return None
    points = (t in {"T3", "T4"}) + (n == "N2")
    return ("I", "II", "III")[points]


def nasopharynx_group_8(t: str, n: str, m: str) -> str | None:
    """Nasopharynx, 8th."""
    if m != "M0":
        return "IVB"
    if t == "T4" or n == "N3":
        return "IVA"
    if t == "T3" or (n == "N2" and t in {"T0", "T1", "T2"}):
        return "III"
    if n == "N1":
        return "II" if t in {"T0", "T1", "T2"} else None
    return {"T1": "I", "T2": "II"}.get(t)


def nasopharynx_group_9(t: str, n: str, m: str) -> str | None:
    """Nasopharynx, Version 9."""
    if m != "M0":
        return {"M1a": "IVA", "M1b": "IVB"}.get(m)
    if t == "T4" or n == "N3":
        return "III"
    if t == "T3":
        return "II"
    if t not in {"T1", "T2"}:
        return None
    return {"N0": "IA", "N1": "IB", "N2": "II"}[n]
