"""Coverage of intervals and type I error of tests, as a table for the documentation.

Run: python tests/stats/coverage_table.py [RUNS] > table.md
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import ndtr

from nodewise.stats import (
    Estimate,
    auc,
    auc_difference,
    discordance,
    mcnemar,
    naive,
    naive_auc,
    naive_auc_difference,
    paired_difference,
    proportion,
)

PATIENTS = (15, 20, 40, 80)
Columns = dict[str, list[bool]]


def nodes(rng: np.random.Generator, patients: int) -> np.ndarray:
    """The patient of each node: one to six nodes a patient."""
    return np.repeat(np.arange(patients), rng.integers(1, 7, patients))


def holds(found: Estimate, true: float) -> bool:
    """Whether an interval holds the truth; one that cannot be had does not."""
    return found.low is not None and found.low <= true <= found.high


def proportions(rng: np.random.Generator, patients: int, p: float, icc: float) -> Iterator[tuple]:
    """One study of a proportion."""
    patient = nodes(rng, patients)
    share = (
        rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), patients)
        if icc
        else np.full(patients, p)
    )
    found = proportion(rng.random(len(patient)) < share[patient], patient)
    yield "clustered", holds(found, p)
    yield "naive", holds(naive(found), p)


def areas(
    rng: np.random.Generator, patients: int, prevalence: float, shared: float
) -> Iterator[tuple]:
    """One study of an AUC of 0.82."""
    patient = nodes(rng, patients)
    chance = rng.beta(prevalence * 3, (1 - prevalence) * 3, patients)
    truth = rng.random(len(patient)) < chance[patient]
    if truth.all() or not truth.any():
        return
    noise = rng.normal(size=patients)[patient] * shared
    score = 1.3 * truth + noise + np.sqrt(1 - shared**2) * rng.normal(size=len(patient))
    true = ndtr(1.3 / np.sqrt(2))
    yield "clustered", holds(auc(score, truth, patient, direction="higher"), true)
    yield "naive", holds(naive_auc(score, truth, direction="higher"), true)


def paired_calls(
    rng: np.random.Generator, patients: int, p: float, spread: float
) -> Iterator[tuple]:
    """One study of two tests of equal accuracy that err in patients of their own."""
    patient = nodes(rng, patients)
    odds = np.log(p / (1 - p)) + spread * rng.normal(size=(2, patients))[:, patient]
    first, second = rng.random((2, len(patient))) < 1 / (1 + np.exp(-odds))
    if np.array_equal(first, second):
        return
    found = paired_difference(first, second, patient)
    yield "clustered", found.test is not None and found.test.p < 0.05
    yield "naive", mcnemar(discordance(first, second, patient)).p < 0.05


def paired_areas(
    rng: np.random.Generator, patients: int, prevalence: float, spread: float
) -> Iterator[tuple]:
    """One study of two scores of equal AUC that err in patients of their own."""
    patient = nodes(rng, patients)
    truth = rng.random(len(patient)) < prevalence
    if truth.all() or not truth.any():
        return
    own = spread * rng.normal(size=(2, patients))[:, patient]
    scores = truth + own + rng.normal(size=(2, len(patient)))
    found = auc_difference(scores, truth, patient, direction="higher")
    yield "clustered", found.test is not None and found.test.p < 0.05
    loose = naive_auc_difference(scores, truth, direction="higher")
    yield "naive", loose.test is not None and loose.test.p < 0.05


def row(study: Callable[..., Iterator[tuple]], runs: int, setting: tuple) -> Columns:
    """What many studies of one setting gave."""
    rng = np.random.default_rng(1)
    columns: Columns = {"clustered": [], "naive": []}
    for _ in range(runs):
        for name, happened in study(rng, *setting):
            columns[name].append(happened)
    return columns


TABLES = [
    (
        "95 % interval of a proportion: coverage",
        "p",
        "ICC",
        proportions,
        [(0.75, 0.0), (0.75, 0.1), (0.75, 0.3), (0.95, 0.1), (0.95, 0.3)],
    ),
    (
        "95 % interval of an AUC: coverage",
        "prevalence",
        "shared",
        areas,
        [(0.4, 0.0), (0.4, 0.5), (0.15, 0.0), (0.15, 0.5)],
    ),
    (
        "Paired test of proportions at 5 %: type I error",
        "p",
        "spread",
        paired_calls,
        [(0.75, 0.0), (0.75, 1.0), (0.9, 1.0)],
    ),
    (
        "Paired test of AUCs at 5 %: type I error",
        "prevalence",
        "spread",
        paired_areas,
        [(0.4, 0.0), (0.4, 0.7), (0.2, 0.7)],
    ),
]


def main() -> None:
    """Print the tables."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for title, first, second, study, settings in TABLES:
        print(f"\n{title} ({runs} runs a cell)\n")
        print(f"| patients | {first} | {second} | clustered | naive |\n|---|---|---|---|---|")
        for one, two in settings:
            for patients in PATIENTS:
                columns = row(study, runs, (patients, one, two))
                cells = [f"{np.mean(columns[name]):.3f}" for name in ("clustered", "naive")]
                print(f"| {patients} | {one:g} | {two:g} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()
