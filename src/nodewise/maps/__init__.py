"""Fits a signal model to every voxel: values, standard errors and an outcome for each."""

from nodewise.maps.fitting import Fit, Outcome, fit
from nodewise.maps.perfusion import fit_perfusion
from nodewise.maps.segmented import fit_segmented

__all__ = ["Fit", "Outcome", "fit", "fit_perfusion", "fit_segmented"]
