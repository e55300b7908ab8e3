"""Which rules and which edition a tumour has, and how its stage group stays open."""

from itertools import product

import pytest

from nodewise.criteria.tnm import Edition, Site, Tumour, edition_of, p16_status, route, stage
from nodewise.errors import StagingError

HN, HPV, NPC = "head and neck", "HPV-associated oropharynx", "nasopharynx"


def routed_directly(site, p16, hpv, ebv):
    """§2.4 and the p16 rule of §2.2, as code."""
    if site in ("nasopharynx", "major salivary"):
        return site
    if site == "unknown primary" and ebv == "positive":
        return NPC
    driven = (p16 == "positive" and hpv != "negative") or (p16 == "equivocal" and hpv == "positive")
    return HPV if driven and site in ("oropharynx", "unknown primary") else HN


def test_every_tumour_is_routed_as_the_second_transcription_says():
    results = ("positive", "negative", "unknown")
    for site, p16, hpv, ebv in product(Site, (*results, "equivocal"), results, results):
        found = route(Tumour(site=site, p16=p16, hpv=hpv, ebv=ebv)).answer
        assert found == routed_directly(site, p16, hpv, ebv), (site, p16, hpv, ebv)


@pytest.mark.parametrize(
    ("share", "status"),
    [(0.71, "positive"), (0.70, "equivocal"), (0.50, "equivocal"), (0.49, "negative")],
)
def test_p16_is_positive_above_seventy_per_cent_and_negative_below_fifty(share, status):
    assert p16_status(share) == status


@pytest.mark.parametrize(
    ("disease", "year", "edition"),
    [
        (HPV, 2025, Edition.AJCC8),
        (HPV, 2026, Edition.AJCC9),
        (NPC, 2024, Edition.AJCC8),
        (NPC, 2025, Edition.AJCC9),
        (HN, 2018, Edition.AJCC8),
        (HN, 2030, Edition.AJCC8),
        ("major salivary", 2025, Edition.AJCC8),
        ("major salivary", 2026, Edition.AJCC9),
    ],
)
def test_the_year_picks_the_edition(disease, year, edition):
    assert edition_of(disease, year) == edition


def test_a_year_before_the_eighth_edition_has_no_table_here():
    with pytest.raises(StagingError, match="2017"):
        edition_of(HN, 2017)


@pytest.mark.parametrize(("n_nodes", "group"), [(1, "III"), (2, "IVA")])
def test_an_unknown_primary_has_stage_groups_of_its_own(n_nodes, group):
    import necks

    tumour = Tumour(site=Site.UNKNOWN_PRIMARY, t="T0", m="M0")
    found = stage([necks.node()] * n_nodes, tumour, Edition.AJCC8)
    assert found.group.answer == group


@pytest.mark.parametrize(
    ("t", "m", "groups"),
    [("T4", "M0", ("IVA", "IVB")), ("T1a", "M0", ("I",)), (None, "M1", ("IVC",)),
     ("T2", None, ("IVC", "II")), ("TX", "M0", ("0", "I", "II", "III", "IVA", "IVB"))],
)  # fmt: skip
def test_a_group_stays_open_where_t_or_m_is(t, m, groups):
    assert stage([], Tumour(site=Site.LARYNX, t=t, m=m), Edition.AJCC8).group.answers == groups


@pytest.mark.parametrize(("t", "m", "says"), [("T5", "M0", "no T category"), ("T1", "M2", "no M")])
def test_a_wrong_category_is_refused(t, m, says):
    with pytest.raises(StagingError, match=says):
        stage([], Tumour(site=Site.LARYNX, t=t, m=m), Edition.AJCC8)
