"""Follow-up counted anew from a landmark: who is still event-free then, and what comes after.

A change under treatment is known only once it was measured. To count it from the start would
give those who lived to be measured an advantage; from the landmark on there is none.
"""

from dataclasses import dataclass

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.follow_up import FollowUp, follow_up
from nodewise.stats.inputs import Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """Follow-up from a landmark.

    Args:
        data: of the units that are still event-free and under follow-up, times counted anew.
        kept: which units those are, shape (n,).
        at: the landmark.
    """

    data: FollowUp
    kept: Mask
    at: float


def from_landmark(data: FollowUp, at: float) -> Landmark:
    """Keep who is event-free and under follow-up beyond a landmark.

    Args:
        data: from follow_up.
        at: the landmark, in the unit of time of data.

    Source:
        Anderson et al., J Clin Oncol 1983;1:710, doi:10.1200/JCO.1983.1.11.710; van Houwelingen,
        Scand J Stat 2007;34:70, doi:10.1111/j.1467-9469.2006.00529.x.
    """
    kept = np.asarray(data.time > at)
    if at < 0 or not kept.any():
        raise StatsError(f"nobody is event-free and under follow-up beyond {at:g}")
    later = follow_up(data.time[kept] - at, data.event[kept], data.clusters.index[kept])
    return Landmark(data=later, kept=kept, at=at)
