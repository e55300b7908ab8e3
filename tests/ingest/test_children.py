"""A file that kills, hangs or swells its reader ends that child alone."""

import os
import time
from functools import partial

import pytest

from nodewise.ingest.children import Children, Failure, Limits


def answers(tasks, **limits):
    with Children(workers=2, limits=Limits(**limits)) as children:
        return [answer for _, answer in children.answers(enumerate(tasks))]


def test_answers_come_in_the_order_of_the_tasks():
    assert answers([partial(pow, n, 2) for n in range(20)]) == [n**2 for n in range(20)]


def test_a_crash_is_a_failure_and_the_rest_goes_on():
    tasks = [partial(pow, 2, 3), partial(os._exit, 7), partial(pow, 3, 3), partial(pow, 4, 3)]
    first, crashed, *rest = answers(tasks)
    assert (first, rest) == (8, [27, 64])
    assert crashed == Failure("reading it ended the reading process")


def test_a_task_that_hangs_is_ended():
    began = time.monotonic()
    hanging, after = answers([partial(time.sleep, 60), partial(pow, 2, 2)], seconds=1)
    assert hanging == Failure("reading it took longer than 1 s")
    assert after == 4
    assert time.monotonic() - began < 20


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is limited on Linux")
def test_a_task_that_swells_is_stopped():
    swollen, after = answers([partial(bytearray, 1 << 30), partial(pow, 2, 2)], memory=1 << 28)
    assert swollen == Failure("reading it needs more than 0.25 GiB of memory")
    assert after == 4


def test_an_error_is_told_by_its_kind_and_never_by_its_text():
    assert answers([partial(int, "ZZTOP^SECRET")]) == [Failure("reading it failed (ValueError)")]
