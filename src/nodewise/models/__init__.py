"""Signal models: one file each; formula, units, bounds and source; no files, no fitting."""

from nodewise.models.adc import Adc
from nodewise.models.aif import Aif, MeasuredAif, ParkerAif
from nodewise.models.base import Model, Parameter
from nodewise.models.concentration import SpgrConcentration
from nodewise.models.ivim import Ivim
from nodewise.models.tofts import ExtendedTofts, Tofts
from nodewise.models.vfa import Vfa

MODELS: dict[str, type[Model]] = {
    model.name: model for model in (Adc, Ivim, Vfa, Tofts, ExtendedTofts)
}

__all__ = [
    "MODELS",
    "Adc",
    "Aif",
    "ExtendedTofts",
    "Ivim",
    "MeasuredAif",
    "Model",
    "Parameter",
    "ParkerAif",
    "SpgrConcentration",
    "Tofts",
    "Vfa",
]
