"""How far predicted chances of an event by a time lie from what happened."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.estimate import Estimate
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import numbers
from nodewise.stats.moment import moment_at, weighed_estimate


def time_brier(
    data: FollowUp, probability: ArrayLike, at: float, *, level: float = 0.95
) -> Estimate:
    """Mean squared distance of predictions of an event by a time, censoring weighed out.

    Args:
        data: from follow_up; cause 1 is the event, others count as no event.
        probability: predicted chance of the event by that time, shape (n,).
        at: a time within follow-up.
        level: level of the interval, fraction.

    Source:
        Graf et al., Stat Med 1999;18:2529, doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::
        AID-SIM274>3.0.CO;2-5.
    """
    p = numbers(probability, "probability")
    if len(p) != len(data.time) or np.any((p < 0) | (p > 1)):
        raise StatsError(f"{len(data.time)} units need as many probabilities between 0 and 1")
    moment = moment_at(data, at)
    loss, units = (moment.case - p) ** 2, len(p)
    value = float(moment.weights() @ loss) / units
    influence = (moment.influence(loss) - value) / units
    return weighed_estimate(f"Brier score at {at:g}", value, influence, data, level=level)
