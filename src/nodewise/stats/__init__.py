"""Diagnostic accuracy with the patient as the cluster: arrays in, estimates out."""

from nodewise.stats.accuracy import accuracy, sensitivity, specificity
from nodewise.stats.auc import auc, naive_auc
from nodewise.stats.auc_comparison import (
    auc_covariance,
    auc_difference,
    auc_difference_between,
    auc_equality,
    naive_auc_difference,
)
from nodewise.stats.counts import Counts, counts
from nodewise.stats.direction import Direction, at_cutoff
from nodewise.stats.estimate import FEW_PATIENTS, Estimate, Test, Unknown, tried
from nodewise.stats.likelihood import (
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
)
from nodewise.stats.multiplicity import benjamini_hochberg, hochberg, holm
from nodewise.stats.partial_auc import (
    mcclish,
    partial_area,
    partial_auc,
    sensitivity_at_specificity,
)
from nodewise.stats.predictive import negative_predictive_value, positive_predictive_value
from nodewise.stats.proportions import naive, proportion, wilson
from nodewise.stats.resampling import resampled_auc
from nodewise.stats.roc import Band, Roc, roc_band, roc_curve
from nodewise.stats.scored import Scored, scored
from nodewise.stats.verification import begg_greenes_sensitivity, begg_greenes_specificity

__all__ = [
    "FEW_PATIENTS",
    "Band",
    "Counts",
    "Direction",
    "Estimate",
    "Roc",
    "Scored",
    "Test",
    "Unknown",
    "accuracy",
    "at_cutoff",
    "auc",
    "auc_covariance",
    "auc_difference",
    "auc_difference_between",
    "auc_equality",
    "begg_greenes_sensitivity",
    "begg_greenes_specificity",
    "benjamini_hochberg",
    "counts",
    "diagnostic_odds_ratio",
    "hochberg",
    "holm",
    "likelihood_ratio_negative",
    "likelihood_ratio_positive",
    "mcclish",
    "naive",
    "naive_auc",
    "naive_auc_difference",
    "negative_predictive_value",
    "partial_area",
    "partial_auc",
    "positive_predictive_value",
    "proportion",
    "resampled_auc",
    "roc_band",
    "roc_curve",
    "scored",
    "sensitivity",
    "sensitivity_at_specificity",
    "specificity",
    "tried",
    "wilson",
]
