"""Diagnostic accuracy with the patient as the cluster: arrays in, estimates out."""

from nodewise.stats.accuracy import accuracy, sensitivity, specificity
from nodewise.stats.auc import auc, naive_auc
from nodewise.stats.counts import Counts, counts
from nodewise.stats.direction import Direction, at_cutoff
from nodewise.stats.estimate import FEW_PATIENTS, Estimate, Test, Unknown, tried
from nodewise.stats.likelihood import (
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
)
from nodewise.stats.multiplicity import benjamini_hochberg, hochberg, holm
from nodewise.stats.predictive import negative_predictive_value, positive_predictive_value
from nodewise.stats.proportions import naive, proportion, wilson
from nodewise.stats.roc import Band, Roc, roc_band, roc_curve
from nodewise.stats.verification import begg_greenes_sensitivity, begg_greenes_specificity

__all__ = [
    "FEW_PATIENTS",
    "Band",
    "Counts",
    "Direction",
    "Estimate",
    "Roc",
    "Test",
    "Unknown",
    "accuracy",
    "at_cutoff",
    "auc",
    "begg_greenes_sensitivity",
    "begg_greenes_specificity",
    "benjamini_hochberg",
    "counts",
    "diagnostic_odds_ratio",
    "hochberg",
    "holm",
    "likelihood_ratio_negative",
    "likelihood_ratio_positive",
    "naive",
    "naive_auc",
    "negative_predictive_value",
    "positive_predictive_value",
    "proportion",
    "roc_band",
    "roc_curve",
    "sensitivity",
    "specificity",
    "tried",
    "wilson",
]
