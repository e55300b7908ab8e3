"""Diagnostic accuracy with the patient as the cluster: arrays in, estimates out."""

from nodewise.stats.accuracy import Paired, accuracy, paired, sensitivity, specificity
from nodewise.stats.accuracy_difference import predictive_difference
from nodewise.stats.accuracy_ratio import Accuracy, accuracy_ratio, kosinski, leisenring
from nodewise.stats.agreement import Coefficient, Metric, Weighting, agreement, krippendorff, light
from nodewise.stats.auc import auc, naive_auc
from nodewise.stats.auc_comparison import (
    auc_covariance,
    auc_difference,
    auc_difference_between,
    auc_equality,
    naive_auc_difference,
)
from nodewise.stats.average_roc import AverageRoc, average_roc
from nodewise.stats.binormal import Binormal, binormal_fit
from nodewise.stats.binormal_likelihood import BinormalFit, binormal_likelihood
from nodewise.stats.calibration import (
    brier_score,
    calibration_intercept,
    calibration_slope,
    decision_curve,
    net_benefit,
    net_benefit_gain,
)
from nodewise.stats.competing import cumulative_incidence, incidence_at
from nodewise.stats.concordance import harrell_c, uno_c
from nodewise.stats.counts import Counts, counts
from nodewise.stats.cox import CoxFit, fit_cox
from nodewise.stats.cross_validation import CrossValidated, cross_validated, patient_folds
from nodewise.stats.cusum import Cusum, CusumPath, cusum_path, limit_for, signal_probability
from nodewise.stats.cutoffs import (
    Criterion,
    Cutoff,
    LockedCutoff,
    Optimism,
    Validation,
    best_cutoff,
    cutoff_optimism,
    cutoffs_by_prevalence,
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
    joint_equality,
    mcnemar,
    obuchowski,
    sign_flip,
    yang,
)
from nodewise.stats.estimate import FEW_PATIENTS, Estimate, Test, Unknown, tried
from nodewise.stats.exact import clopper_pearson, exact_mcnemar
from nodewise.stats.family import Adjustment, Family, family
from nodewise.stats.fine_gray import FineGrayFit, fit_fine_gray
from nodewise.stats.follow_up import FollowUp, follow_up
from nodewise.stats.gray import gray_test
from nodewise.stats.icc import Icc, icc
from nodewise.stats.independent_proportions import (
    difference_between,
    farrington_manning,
    miettinen_nurminen,
    noninferiority_between,
)
from nodewise.stats.landmark import Landmark, from_landmark
from nodewise.stats.learning import LearningCurve, learning_curve, reading_time
from nodewise.stats.likelihood import (
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
)
from nodewise.stats.log_rank import log_rank
from nodewise.stats.logistic import LogisticFit, fit_logistic
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
from nodewise.stats.ordinal import OrdinalFit, fit_ordinal
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
from nodewise.stats.points import PointOptimism, PointScore, point_optimism, point_score
from nodewise.stats.predictive import negative_predictive_value, positive_predictive_value
from nodewise.stats.proportional_hazards import proportional_hazards
from nodewise.stats.proportions import naive, proportion, wilson
from nodewise.stats.ranks import kendall
from nodewise.stats.ratings import Ratings, ratings
from nodewise.stats.reader_components import Components
from nodewise.stats.reader_planning import ReaderSpread, expected_components, sd_of_range
from nodewise.stats.reader_study import (
    ReaderFigures,
    ReaderStudy,
    empirical_auc,
    reader_auc,
    reader_jackknife,
    reader_negative_predictive_value,
    reader_positive_predictive_value,
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
from nodewise.stats.sample_size import (
    area_variance,
    auc_cases,
    auc_power,
    design_effect,
    hanley_mcneil_error,
    pairs_for_difference,
    pairs_for_noninferiority,
    patients_for_units,
    reader_study_power,
    readers_cases,
    subjects_for_sensitivity,
    units_for_precision,
)
from nodewise.stats.scored import Scored, scored
from nodewise.stats.stratified_verification import (
    sensitivity_within_strata,
    specificity_within_strata,
)
from nodewise.stats.survival import (
    kaplan_meier,
    median_time,
    restricted_mean,
    restricted_mean_difference,
    survival_at,
)
from nodewise.stats.time_auc import (
    TimeAccuracy,
    time_accuracy,
    time_auc,
    time_auc_against_others,
    time_auc_difference,
)
from nodewise.stats.time_brier import time_brier
from nodewise.stats.two_areas import (
    TwoAreas,
    even_binormal,
    expected_areas,
    pilot_areas,
    two_areas_power,
    two_areas_units,
)
from nodewise.stats.verification import begg_greenes_sensitivity, begg_greenes_specificity

__all__ = [
    "FEW_PATIENTS",
    "Accuracy",
    "Adjustment",
    "AverageRoc",
    "Band",
    "Binormal",
    "BinormalFit",
    "Coefficient",
    "Components",
    "Counts",
    "CoxFit",
    "Criterion",
    "CrossValidated",
    "Cusum",
    "CusumPath",
    "Cutoff",
    "Direction",
    "Discordance",
    "Estimate",
    "Family",
    "FineGrayFit",
    "FollowUp",
    "Icc",
    "Landmark",
    "LearningCurve",
    "LimitsOfAgreement",
    "LockedCutoff",
    "LogisticFit",
    "Measured",
    "Metric",
    "Optimism",
    "OrdinalFit",
    "Paired",
    "PointOptimism",
    "PointScore",
    "Ratings",
    "ReaderAnalysis",
    "ReaderFigures",
    "ReaderSpread",
    "ReaderStudy",
    "Roc",
    "Scored",
    "Test",
    "TimeAccuracy",
    "TwoAreas",
    "UStatistics",
    "Unknown",
    "Validation",
    "Weighting",
    "accuracy",
    "accuracy_ratio",
    "agreement",
    "area_variance",
    "at_cutoff",
    "auc",
    "auc_cases",
    "auc_covariance",
    "auc_difference",
    "auc_difference_between",
    "auc_equality",
    "auc_power",
    "auc_sums",
    "average_roc",
    "begg_greenes_sensitivity",
    "begg_greenes_specificity",
    "benjamini_hochberg",
    "best_cutoff",
    "binormal_fit",
    "binormal_likelihood",
    "brier_score",
    "calibration_intercept",
    "calibration_slope",
    "clopper_pearson",
    "counts",
    "cross_validated",
    "cumulative_incidence",
    "cusum_path",
    "cutoff_optimism",
    "cutoffs_by_prevalence",
    "decision_curve",
    "design_effect",
    "diagnostic_odds_ratio",
    "difference_between",
    "discordance",
    "durkalski",
    "eliasziw",
    "empirical_auc",
    "equivalence",
    "even_binormal",
    "exact_mcnemar",
    "expected_areas",
    "expected_components",
    "family",
    "farrington_manning",
    "fit_cox",
    "fit_fine_gray",
    "fit_logistic",
    "fit_ordinal",
    "fixed_cases",
    "fixed_readers",
    "follow_up",
    "from_landmark",
    "gray_test",
    "hanley_mcneil_error",
    "harrell_c",
    "hochberg",
    "holm",
    "icc",
    "incidence_at",
    "joint_equality",
    "kaplan_meier",
    "kendall",
    "kosinski",
    "krippendorff",
    "learning_curve",
    "leisenring",
    "light",
    "likelihood_ratio_negative",
    "likelihood_ratio_positive",
    "limit_for",
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
    "net_benefit",
    "net_benefit_gain",
    "net_gain",
    "noninferiority",
    "noninferiority_between",
    "obuchowski",
    "obuchowski_rockette",
    "paired",
    "paired_difference",
    "pairs_for_difference",
    "pairs_for_noninferiority",
    "partial_area",
    "partial_auc",
    "patient_folds",
    "patients_for_units",
    "pilot_areas",
    "point_optimism",
    "point_score",
    "positive_predictive_value",
    "predictive_difference",
    "proportion",
    "proportional_hazards",
    "ratings",
    "reader_auc",
    "reader_differences",
    "reader_jackknife",
    "reader_negative_predictive_value",
    "reader_positive_predictive_value",
    "reader_sensitivity",
    "reader_specificity",
    "reader_study",
    "reader_study_power",
    "readers_cases",
    "reading_time",
    "repeatability_coefficient",
    "resampled_auc",
    "restricted_mean",
    "restricted_mean_difference",
    "roc_band",
    "roc_curve",
    "scored",
    "sd_of_range",
    "sensitivity",
    "sensitivity_at_specificity",
    "sensitivity_difference",
    "sensitivity_within_strata",
    "share_sums",
    "sign_flip",
    "signal_probability",
    "specificity",
    "specificity_difference",
    "specificity_within_strata",
    "subjects_for_sensitivity",
    "survival_at",
    "tango",
    "tango_score",
    "time_accuracy",
    "time_auc",
    "time_auc_against_others",
    "time_auc_difference",
    "time_brier",
    "transport",
    "tried",
    "two_areas_power",
    "two_areas_units",
    "u_auc",
    "u_sensitivity",
    "u_specificity",
    "unbiased_figures",
    "units_for_precision",
    "uno_c",
    "validate",
    "wilson",
    "with_sensitivity",
    "within_cv",
    "within_sd",
    "yang",
    "youden",
]
