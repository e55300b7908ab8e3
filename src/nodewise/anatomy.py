"""Words of the neck: sides, kinds of region, levels and the systems that name them."""

from enum import StrEnum

from nodewise.errors import NodewiseError


class Side(StrEnum):
    """A side of the patient."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class RelativeSide(StrEnum):
    """A side of the neck as seen from the primary tumour; midline nodes count as ipsilateral."""

    IPSILATERAL = "ipsilateral"
    CONTRALATERAL = "contralateral"


class RegionKind(StrEnum):
    """What a drawn region shows."""

    NODE = "node"
    PRIMARY_TUMOUR = "primary tumour"
    PAROTID_LESION = "parotid lesion"
    BONE = "bone"
    REFERENCE_TISSUE = "reference tissue"


class LevelSystem(StrEnum):
    """Who named the level. IIA and IIB are defined differently on images and at surgery."""

    AJCC = "AJCC"  # imaging levels of Som 1999 as taken up by AJCC
    AAO_HNS = "AAO-HNS"  # surgical levels: same numbers, IIA/IIB split by the accessory nerve
    GREGOIRE = "Gregoire 2013"


_NUMBERED = {
    "I": ("IA", "IB"),
    "II": ("IIA", "IIB"),
    "III": (),
    "IV": (),
    "V": ("VA", "VB"),
    "VI": (),
    "VII": (),
}
_GREGOIRE = {
    "I": ("IA", "IB"),
    "II": ("IIA", "IIB"),
    "III": (),
    "IV": ("IVA", "IVB"),
    "V": ("VA", "VB", "VC"),
    "VI": ("VIA", "VIB"),
    "VII": ("VIIA", "VIIB"),
    "VIII": (),
    "IX": (),
    "X": ("XA", "XB"),
}
_UNNUMBERED = {
    "RETROPHARYNGEAL": (),
    "PAROTID": (),
    "FACIAL": (),
    "OCCIPITAL": (),
    "SUPRACLAVICULAR": (),
}

LEVELS: dict[LevelSystem, dict[str, tuple[str, ...]]] = {
    LevelSystem.AJCC: _NUMBERED | _UNNUMBERED,
    LevelSystem.AAO_HNS: _NUMBERED | _UNNUMBERED,
    LevelSystem.GREGOIRE: _GREGOIRE,
}
"""Each system's levels with their sublevels. Source: Som 1999, AJR 174:837; Grégoire 2014,
Radiother Oncol 110:172, doi:10.1016/j.radonc.2013.10.010."""


def level_name(text: str, system: LevelSystem) -> str:
    """A level's name as this project writes it.

    >>> level_name("level IIb", LevelSystem.AJCC)
    'IIB'
    """
    name = text.strip().upper().removeprefix("LEVEL").strip(" _-")
    known = LEVELS[system]
    if name in known or any(name in parts for parts in known.values()):
        return name
    raise NodewiseError(f"'{text}' is no level of {system}; it has {', '.join(known)}")


def superlevel(name: str) -> str:
    """The level that a sublevel belongs to; a level belongs to itself.

    >>> superlevel("IIB"), superlevel("III"), superlevel("PAROTID")
    ('II', 'III', 'PAROTID')
    """
    for levels in LEVELS.values():
        for level, parts in levels.items():
            if name == level or name in parts:
                return level
    raise NodewiseError(f"'{name}' is no level of any system")
