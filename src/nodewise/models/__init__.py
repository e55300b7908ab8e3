"""Signal models: one file each; formula, units, bounds and source; no files, no fitting."""

from nodewise.models.adc import Adc
from nodewise.models.aif import Aif, GeorgiouAif, MeasuredAif, ParkerAif
from nodewise.models.base import Model, Parameter
from nodewise.models.bolus import FirstPassage, GammaVariate, LocalDensityRandomWalk, Lognormal
from nodewise.models.concentration import SpgrConcentration
from nodewise.models.decay import T2, R2Star, R2StarFloor
from nodewise.models.exchange import Patlak, TwoCompartmentExchange, TwoCompartmentUptake
from nodewise.models.inversion import InversionRecovery
from nodewise.models.ivim import Ivim
from nodewise.models.kurtosis import Kurtosis, Stretched
from nodewise.models.tofts import ExtendedTofts, Tofts
from nodewise.models.vfa import Vfa

MODELS: dict[str, type[Model]] = {
    "adc": Adc,
    "ivim": Ivim,
    "kurtosis": Kurtosis,
    "stretched": Stretched,
    "vfa": Vfa,
    "inversion_recovery": InversionRecovery,
    "t2": T2,
    "r2_star": R2Star,
    "r2_star_floor": R2StarFloor,
    "tofts": Tofts,
    "extended_tofts": ExtendedTofts,
    "patlak": Patlak,
    "two_compartment_uptake": TwoCompartmentUptake,
    "two_compartment_exchange": TwoCompartmentExchange,
    "lognormal": Lognormal,
    "gamma_variate": GammaVariate,
    "local_density_random_walk": LocalDensityRandomWalk,
    "first_passage": FirstPassage,
}

__all__ = [
    "MODELS",
    "T2",
    "Adc",
    "Aif",
    "ExtendedTofts",
    "FirstPassage",
    "GammaVariate",
    "GeorgiouAif",
    "InversionRecovery",
    "Ivim",
    "Kurtosis",
    "LocalDensityRandomWalk",
    "Lognormal",
    "MeasuredAif",
    "Model",
    "Parameter",
    "ParkerAif",
    "Patlak",
    "R2Star",
    "R2StarFloor",
    "SpgrConcentration",
    "Stretched",
    "Tofts",
    "TwoCompartmentExchange",
    "TwoCompartmentUptake",
    "Vfa",
]
