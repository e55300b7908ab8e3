"""Diagnostic accuracy with the patient as the cluster: arrays in, estimates out."""

from nodewise.stats.accuracy import Paired, accuracy, paired, sensitivity, specificity
from nodewise.stats.accuracy_ratio import Accuracy, accuracy_ratio, kosinski, leisenring
from nodewise.stats.agreement import Coefficient, Metric, Weighting, agreement, krippendorff
from nodewise.stats.auc import auc, naive_auc
from nodewise.stats.auc_comparison import (
    auc_covariance,
    auc_difference,
    auc_difference_between,
    auc_equality,
    naive_auc_difference,
)
from nodewise.stats.competing import cumulative_incidence, incidence_at
from nodewise.stats.counts import Counts, counts
from nodewise.stats.cutoffs import (
    Cutoff,
    LockedCutoff,
    Optimism,
    Validation,
    best_cutoff,
    cutoff_optimism,
    nearness_to_corner,
    net_gain,
    transport,
    validate,
    with_sensitivity,
    youden,
)
from nodewise.stats.direction import Direction, at_cutoff
from nodewise.stats.discordance import (
    Discordance,
    discordance,
    durkalski,
    eliasziw,
    mcnemar,
    obuchowski,
    sign_flip,
    yang,
)
from nodewise.stats.estimate import FEW_PATIENTS, Estimate, Test, Unknown, tried
from nodewise.stats.follow_up import FollowUp, follow_up
from nodewise.stats.icc import Icc, icc
from nodewise.stats.independent_proportions import (
    difference_between,
    farrington_manning,
    miettinen_nurminen,
)
from nodewise.stats.likelihood import (
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
)
from nodewise.stats.measurement import Measured, measured
from nodewise.stats.multiplicity import benjamini_hochberg, hochberg, holm
from nodewise.stats.noninferiority import equivalence, noninferiority
from nodewise.stats.obuchowski_rockette import (
    ReaderAnalysis,
    fixed_cases,
    fixed_readers,
    obuchowski_rockette,
    reader_differences,
)
from nodewise.stats.paired_proportions import (
    paired_difference,
    sensitivity_difference,
    specificity_difference,
    tango,
    tango_score,
)
from nodewise.stats.partial_auc import (
    mcclish,
    partial_area,
    partial_auc,
    sensitivity_at_specificity,
)
from nodewise.stats.predictive import negative_predictive_value, positive_predictive_value
from nodewise.stats.proportions import naive, proportion, wilson
from nodewise.stats.ratings import Ratings, ratings
from nodewise.stats.reader_study import (
    ReaderFigures,
    ReaderStudy,
    empirical_auc,
    reader_auc,
    reader_jackknife,
    reader_sensitivity,
    reader_specificity,
    reader_study,
)
from nodewise.stats.reader_u_statistics import (
    UStatistics,
    auc_sums,
    share_sums,
    u_auc,
    u_sensitivity,
    u_specificity,
    unbiased_figures,
)
from nodewise.stats.repeatability import (
    LimitsOfAgreement,
    limits_of_agreement,
    repeatability_coefficient,
    within_cv,
    within_sd,
)
from nodewise.stats.resampling import resampled_auc
from nodewise.stats.roc import Band, Roc, roc_band, roc_curve
from nodewise.stats.scored import Scored, scored
from nodewise.stats.survival import (
    kaplan_meier,
    log_rank,
    median_time,
    restricted_mean,
    survival_at,
)
from nodewise.stats.verification import begg_greenes_sensitivity, begg_greenes_specificity

__all__ = [
    "FEW_PATIENTS",
    "Accuracy",
    "Band",
    "Coefficient",
    "Counts",
    "Cutoff",
    "Direction",
    "Discordance",
    "Estimate",
    "FollowUp",
    "Icc",
    "LimitsOfAgreement",
    "LockedCutoff",
    "Measured",
    "Metric",
    "Optimism",
    "Paired",
    "Ratings",
    "ReaderAnalysis",
    "ReaderFigures",
    "ReaderStudy",
    "Roc",
    "Scored",
    "Test",
    "UStatistics",
    "Unknown",
    "Validation",
    "Weighting",
    "accuracy",
    "accuracy_ratio",
    "agreement",
    "at_cutoff",
    "auc",
    "auc_covariance",
    "auc_difference",
    "auc_difference_between",
    "auc_equality",
    "auc_sums",
    "begg_greenes_sensitivity",
    "begg_greenes_specificity",
    "benjamini_hochberg",
    "best_cutoff",
    "counts",
    "cumulative_incidence",
    "cutoff_optimism",
    "diagnostic_odds_ratio",
    "difference_between",
    "discordance",
    "durkalski",
    "eliasziw",
    "empirical_auc",
    "equivalence",
    "farrington_manning",
    "fixed_cases",
    "fixed_readers",
    "follow_up",
    "hochberg",
    "holm",
    "icc",
    "incidence_at",
    "kaplan_meier",
    "kosinski",
    "krippendorff",
    "leisenring",
    "likelihood_ratio_negative",
    "likelihood_ratio_positive",
    "limits_of_agreement",
    "log_rank",
    "mcclish",
    "mcnemar",
    "measured",
    "median_time",
    "miettinen_nurminen",
    "naive",
    "naive_auc",
    "naive_auc_difference",
    "nearness_to_corner",
    "negative_predictive_value",
    "net_gain",
    "noninferiority",
    "obuchowski",
    "obuchowski_rockette",
    "paired",
    "paired_difference",
    "partial_area",
    "partial_auc",
    "positive_predictive_value",
    "proportion",
    "ratings",
    "reader_auc",
    "reader_differences",
    "reader_jackknife",
    "reader_sensitivity",
    "reader_specificity",
    "reader_study",
    "repeatability_coefficient",
    "resampled_auc",
    "restricted_mean",
    "roc_band",
    "roc_curve",
    "scored",
    "sensitivity",
    "sensitivity_at_specificity",
    "sensitivity_difference",
    "share_sums",
    "sign_flip",
    "specificity",
    "specificity_difference",
    "survival_at",
    "tango",
    "tango_score",
    "transport",
    "tried",
    "u_auc",
    "u_sensitivity",
    "u_specificity",
    "unbiased_figures",
    "validate",
    "wilson",
    "with_sensitivity",
    "within_cv",
    "within_sd",
    "yang",
    "youden",
]
