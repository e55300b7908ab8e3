"""What is asked of every statistics package: simulated data, our call and the peers' calls."""

from collections.abc import Iterator

import numpy as np

from benchmarks import survival_tasks
from benchmarks.statistics import Answer, Array, Peer, Question, in_r, timed
from nodewise.stats import (
    auc,
    naive_auc,
    naive_auc_difference,
    obuchowski_rockette,
    proportion,
    reader_auc,
    reader_jackknife,
    reader_study,
    resampled_auc,
    scored,
)
from nodewise.stats.reader_study import empirical_auc
from nodewise.stats.resampling import patient_weights

RESAMPLES = 10_000
LOOPED = 200  # resamples of the index loop, which is scaled to all


def nodes(count: int, *, units: int = 4) -> dict[str, Array]:
    """Scores of nodes whose patients share something, rounded so that some are tied."""
    rng = np.random.default_rng(1)
    patient = np.arange(count) // units
    truth = rng.random(count) < 0.3
    shared = rng.normal(size=patient[-1] + 1)[patient]
    score, second = (
        np.round(truth * gain + 0.5 * shared + rng.normal(size=count), 3) for gain in (1.2, 1.0)
    )
    return {"patient": patient, "truth": truth.astype(float), "score": score, "second": second}


def questions() -> Iterator[Question]:
    """Every task, its data made when its turn comes."""
    for count in (10_000, 100_000, 1_000_000):
        yield delong(count)
        yield delong_test(count)
    yield clustered_area(3000, aim=0.003)
    yield clustered_area(1_000_000, aim=1.0)
    yield bootstrap()
    yield clustered_proportion()
    yield from survival_tasks.questions()
    yield readers()
    yield readers_jackknifed()


def delong(count: int) -> Question:
    """An AUC with its interval, nodes taken as independent."""
    data = nodes(count)

    def ours() -> list[float]:
        found = naive_auc(data["score"], data["truth"], direction="higher")
        return [found.value, found.low, found.high]

    def sklearn() -> list[float]:
        from sklearn.metrics import roc_auc_score

        return [roc_auc_score(data["truth"], data["score"])]

    code = """
      curve <- roc(truth, score, levels = c(0, 1), direction = '<', quiet = TRUE)
      as.numeric(ci.auc(curve, method = 'delong'))[c(2, 1, 3)]"""
    return Question(
        name=f"DeLong interval of an AUC, {count:,} scores",
        aim=0.5 if count == 1_000_000 else None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="pROC", needs="R:pROC",
                answer=lambda: in_r("pROC", code, {k: data[k] for k in ("truth", "score")}),
            ),
            Peer(
                name="scikit-learn", needs="sklearn", answer=lambda: timed(sklearn),
                note="area only, no interval",
            ),
        ),
    )  # fmt: skip


def delong_test(count: int) -> Question:
    """Two AUCs of the same nodes."""
    data = nodes(count)

    def ours() -> list[float]:
        scores = data["score"], data["second"]
        found = naive_auc_difference(scores, data["truth"], direction="higher")
        return [found.value, found.test.statistic]

    code = """
      first <- roc(truth, score, levels = c(0, 1), direction = '<', quiet = TRUE)
      other <- roc(truth, second, levels = c(0, 1), direction = '<', quiet = TRUE)
      found <- roc.test(first, other, paired = TRUE, method = 'delong')
      c(found$estimate[[1]] - found$estimate[[2]], found$statistic)"""
    return Question(
        name=f"DeLong test of two AUCs, {count:,} nodes",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="pROC", needs="R:pROC", within=1e-5,
                answer=lambda: in_r("pROC", code, {k: data[k] for k in data if k != "patient"}),
            ),
        ),
    )  # fmt: skip


def clustered_area(count: int, *, aim: float) -> Question:
    """An AUC with patients as clusters."""
    data = nodes(count)
    truth = data["truth"] == 1

    def ours() -> list[float]:
        found = auc(data["score"], truth, data["patient"], direction="higher")
        return [found.value, found.test.statistic]

    def pairs() -> list[float]:
        """Obuchowski's formula over the matrix of all pairs."""
        up, down = data["score"][truth], data["score"][~truth]
        won = (up[:, None] > down).astype(float) + 0.5 * (up[:, None] == down)
        area, (m, n) = won.mean(), won.shape
        k = int(data["patient"][-1]) + 1
        a = np.bincount(data["patient"][truth], weights=won.mean(axis=1) - area, minlength=k)
        b = np.bincount(data["patient"][~truth], weights=won.mean(axis=0) - area, minlength=k)
        i10, i01 = (len(np.unique(data["patient"][part])) for part in (truth, ~truth))
        variance = i10 / (i10 - 1) * (a @ a) / m**2 + i01 / (i01 - 1) * (b @ b) / n**2
        variance += 2 * k / (k - 1) * (a @ b) / (m * n)
        error = np.sqrt(variance) / (area * (1 - area))
        return [area, np.log(area / (1 - area)) / error]

    loop = Peer(name="NumPy, all pairs", answer=lambda: timed(pairs))
    return Question(
        name=f"clustered AUC, {count:,} scores",
        aim=aim,
        peers=(Peer(name="ours", answer=lambda: timed(ours)), *([loop] if count < 10_000 else [])),
    )


def bootstrap() -> Question:
    """Areas of resampled patients: the very same resamples by a loop."""
    data = nodes(3000, units=10)
    truth, rows = data["truth"] == 1, [np.flatnonzero(data["patient"] == k) for k in range(300)]
    given = scored(data["score"], truth, data["patient"], direction="higher")

    def ours() -> list[float]:
        areas = resampled_auc(given, rng=np.random.default_rng(3), resamples=RESAMPLES)
        return [*areas[:LOOPED]]

    def loop() -> list[float]:
        from sklearn.metrics import roc_auc_score

        rng, found = np.random.default_rng(3), []
        weights = next(patient_weights(given.clusters, truth, rng=rng, resamples=RESAMPLES))
        for drawn in weights[:LOOPED].astype(int):
            index = np.concatenate([np.tile(rows[k], times) for k, times in enumerate(drawn)])
            found.append(roc_auc_score(truth[index], data["score"][index]))
        return found

    def scaled() -> Answer:
        found, seconds = timed(loop, times=2)
        return found, seconds * RESAMPLES / LOOPED

    return Question(
        name=f"bootstrap of an AUC by patient, 300 patients of 10 nodes, {RESAMPLES:,} resamples",
        aim=0.5,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="index loop with scikit-learn", needs="sklearn", answer=scaled,
                note=f"{LOOPED} resamples, scaled; the same draws",
            ),
        ),
    )  # fmt: skip


def by_gee(hit: Array, patient: Array) -> list[float]:
    """A share and the error of its logit, by statsmodels' estimating equations."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    found = GEE(hit.astype(float), np.ones((len(hit), 1)), patient, family=Binomial()).fit()
    return [1 / (1 + np.exp(-found.params[0])), found.bse[0]]


def by_glm(hit: Array, patient: Array) -> list[float]:
    """A share and the error of its logit, by statsmodels' regression robust to clusters."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    found = GLM(hit.astype(float), np.ones((len(hit), 1)), family=Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": patient}
    )
    return [1 / (1 + np.exp(-found.params[0])), found.bse[0]]


def clustered_proportion() -> Question:
    """A share of a million nodes with its error by patient."""
    data = nodes(1_000_000)
    hit, patient = data["score"] > 0.8, data["patient"]

    def ours() -> list[float]:
        found = proportion(hit, patient)
        ends = np.log(np.array([found.low, found.high]) / (1 - np.array([found.low, found.high])))
        return [found.value, (ends[1] - ends[0]) / 2 / 1.959963984540054]

    return Question(
        name="cluster-robust proportion, 1,000,000 nodes",
        aim=0.02,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="statsmodels GEE", needs="statsmodels", within=1e-4,
                answer=lambda: timed(lambda: by_gee(hit, patient), times=2), note="no CR2, no t",
            ),
            Peer(
                name="statsmodels GLM, cluster-robust", needs="statsmodels", within=1e-4,
                answer=lambda: timed(lambda: by_glm(hit, patient), times=2), note="no CR2, no t",
            ),
        ),
    )  # fmt: skip


def reads() -> tuple[Array, Array]:
    """Scores of 114 cases by five readers with two tests, (2, 5, 114), and the truth."""
    rng = np.random.default_rng(4)
    truth = np.arange(114) < 45
    gain = 1.5 + 0.3 * np.arange(2)[:, None, None] + rng.normal(0, 0.2, (2, 5, 1))
    marks = 3 + gain * (truth - 0.5) + rng.normal(size=114) + rng.normal(0, 0.7, (2, 5, 114))
    return np.round(np.clip(marks, 1, 5)), truth


def readers() -> Question:
    """A study of readers with DeLong's covariances."""
    scores, truth = reads()

    def ours() -> list[float]:
        study = reader_study(scores, truth, np.arange(114), direction="higher")
        found = obuchowski_rockette(reader_auc(study))
        return [found.test.statistic, found.test.df[1], found.test.p]

    def pairs() -> list[float]:
        """DeLong's components of each reader from the matrix of all pairs."""
        cells = scores.reshape(10, 114)
        up, down = cells[:, truth, None], cells[:, None, ~truth]
        won = (up > down) + 0.5 * (up == down)
        c = np.cov(won.mean(axis=2)) / truth.sum() + np.cov(won.mean(axis=1)) / (~truth).sum()
        return analysed(won.mean(axis=(1, 2)).reshape(2, 5), c)

    return Question(
        name="Obuchowski-Rockette, DeLong covariances, 5 readers, 2 tests, 114 cases",
        aim=0.005,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(name="NumPy, all pairs", answer=lambda: timed(pairs)),
        ),
    )  # fmt: skip


def readers_jackknifed() -> Question:
    """The same with the jackknife, that any figure of merit allows."""
    scores, truth = reads()

    def ours() -> list[float]:
        study = reader_study(scores, truth, np.arange(114), direction="higher")
        found = obuchowski_rockette(reader_jackknife(study, empirical_auc, name="AUC"))
        return [found.test.statistic, found.test.df[1], found.test.p]

    def loop() -> list[float]:
        from sklearn.metrics import roc_auc_score

        def areas(kept: Array) -> Array:
            return np.array([[roc_auc_score(truth[kept], r[kept]) for r in t] for t in scores])

        cases = np.arange(114)
        without = np.array([areas(np.delete(cases, k)).ravel() for k in cases])
        gap = without - without.mean(axis=0)
        return analysed(areas(cases), 113 / 114 * gap.T @ gap)

    return Question(
        name="Obuchowski-Rockette, jackknife, 5 readers, 2 tests, 114 cases",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="leave-one-out loop, scikit-learn", needs="sklearn",
                answer=lambda: timed(loop, times=2),
            ),
        ),
    )  # fmt: skip


def analysed(values: Array, covariance: Array) -> list[float]:
    """F, its degrees of freedom and p from areas (2, r) and covariance (2 r, 2 r), as in Hillis."""
    from scipy.stats import f

    r = values.shape[1]
    c = covariance.reshape(2, r, 2, r)
    other = ~np.eye(r, dtype=bool)
    cov2 = np.mean([c[i, :, i][other].mean() for i in range(2)])
    cov3 = np.mean([c[i, :, 1 - i][other].mean() for i in range(2)])
    a, b = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    ms_t = r * np.sum((a - values.mean()) ** 2)
    ms_tr = np.sum((values - a - b + values.mean()) ** 2) / (r - 1)
    below = ms_tr + max(r * (cov2 - cov3), 0)
    df = below**2 / (ms_tr**2 / (r - 1))
    return [ms_t / below, df, f.sf(ms_t / below, 1, df)]
