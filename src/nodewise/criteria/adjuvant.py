"""The risk group that the trials of adjuvant treatment give a patient: evidence, no advice."""

from collections.abc import Sequence
from typing import Literal

from nodewise.criteria import ene
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.rules import Decision, Span, Words, either, exactly, table

Margin = Literal["positive", "negative"]


def risk(nodes: Sequence[MetastaticNode], basis: Basis, *, margin: Margin | None) -> Decision:
    """High risk or not, by pathology or as examination and imaging would forecast it.

    Args:
        nodes: every metastatic node of the neck, on that basis.
        basis: pathological, or clinical for the forecast.
        margin: of the resected primary tumour; None when not recorded.
    """
    facts = {
        "basis": exactly(basis),
        "extension": _extension(nodes, basis),
        "margin": exactly(margin or "not recorded"),
    }
    return table("adjuvant_risk").decide(facts)


def _extension(nodes: Sequence[MetastaticNode], basis: Basis) -> Words:
    """Whether there is extension in any node: yes, no, or open."""
    if basis is Basis.PATHOLOGICAL:
        return either([_present(node.pathological_ene) for node in nodes])
    return either([_seen(node) for node in nodes])


def _present(pene: Words) -> Words:
    return frozenset({"no" if word == "none" else "yes" for word in pene})


def _seen(node: MetastaticNode) -> Words:
    """Extension on examination or, from grade 1, on imaging."""
    grade = node.iene()
    on_image = ene.NO if grade == Span(0, 0) else ene.YES if grade.low >= 1 else ene.OPEN
    return either([node.cene, on_image])
