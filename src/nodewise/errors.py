"""The few exceptions raised on purpose: each says what was found, what was needed and where."""


class NodewiseError(Exception):
    """Something that its user can put right. A message names participants by pseudonym only."""


class TrialError(NodewiseError):
    """A trial file that cannot be read, or a frozen part of it that was changed."""


class IngestError(NodewiseError):
    """A file that cannot be taken in."""


class ModelError(NodewiseError):
    """An acquisition that a signal model cannot be fitted to."""


class MeasureError(NodewiseError):
    """A region that cannot be measured."""


class MatchingError(NodewiseError):
    """Image nodes and specimens that cannot be brought together."""


class StagingError(NodewiseError):
    """A neck that cannot be staged, or an edition whose rules are not established here."""


class FormError(NodewiseError):
    """A reading form, an answer or a worklist that breaks its rules."""


class StatsError(NodewiseError):
    """A quantity that these data cannot estimate."""


class StoreError(NodewiseError):
    """A study folder that is missing, incomplete or written by another version."""
