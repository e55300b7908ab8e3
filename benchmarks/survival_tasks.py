"""What is asked of statistics of time to an event."""

from collections.abc import Iterator

import numpy as np

from benchmarks.statistics import Array, Peer, Question, in_r, timed
from nodewise.stats import (
    fit_cox,
    fit_fine_gray,
    follow_up,
    harrell_c,
    survival_at,
    time_auc,
)


def questions() -> Iterator[Question]:
    """Every task, its data made when its turn comes."""
    yield survival()
    yield cox()
    yield fine_gray()
    yield concordance()
    yield area_at_a_time()


def events(count: int) -> dict[str, Array]:
    """Follow-up of patients in whole days, so that times are tied."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, count))
    time = rng.exponential(700 * np.exp(-0.6 * x[0] - 0.3 * x[1]))
    lost = rng.exponential(900, size=count)
    return {
        "time": np.ceil(np.minimum(time, lost)), "event": (time <= lost).astype(float),
        "x": x[0], "y": x[1], "z": x[2],
    }  # fmt: skip


def survival() -> Question:
    """Survival at a year."""
    data = events(100_000)

    def ours() -> list[float]:
        found = survival_at(follow_up(data["time"], data["event"], np.arange(100_000)), 365)
        return [found.value, found.low, found.high]

    def lifelines() -> list[float]:
        from lifelines import KaplanMeierFitter

        fit = KaplanMeierFitter().fit(data["time"], data["event"])
        limits = fit.confidence_interval_.loc[:365].iloc[-1]
        return [float(fit.predict(365)), *limits]

    code = """
      found <- summary(survfit(Surv(time, event) ~ 1, conf.type = 'log-log'), times = 365)
      c(found$surv, found$lower, found$upper)"""
    return Question(
        name="Kaplan-Meier with log-log limits, 100,000 patients",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(name="lifelines", needs="lifelines", within=1e-5, answer=lambda: timed(lifelines)),
            Peer(
                name="R survival", needs="R:survival", within=1e-5,
                answer=lambda: in_r("survival", code, {k: data[k] for k in ("time", "event")}),
            ),
        ),
    )  # fmt: skip


def cox() -> Question:
    """Three predictors, tied times."""
    data = events(20_000)
    x = np.stack([data["x"], data["y"], data["z"]], axis=1)

    def ours() -> list[float]:
        fit = fit_cox(follow_up(data["time"], data["event"], np.arange(len(x))), x)
        return [*fit.coefficients, *np.sqrt(np.diag(fit.model_covariance))]

    def lifelines() -> list[float]:
        import pandas as pd
        from lifelines import CoxPHFitter

        fit = CoxPHFitter().fit(pd.DataFrame(data), "time", "event")
        return [*fit.params_, *fit.standard_errors_]

    code = """
      fit <- coxph(Surv(time, event) ~ x + y + z)
      c(coef(fit), sqrt(diag(vcov(fit))))"""
    return Question(
        name="Cox model with three predictors (Efron), 20,000 patients",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(name="lifelines", needs="lifelines", within=1e-4, answer=lambda: timed(lifelines)),
            Peer(
                name="R survival", needs="R:survival", within=1e-4,
                answer=lambda: in_r("survival", code, data),
            ),
        ),
    )  # fmt: skip


def fine_gray() -> Question:
    """Three predictors of one of two competing events."""
    data = events(1000)
    data["event"] *= 1 + (np.random.default_rng(5).random(1000) < 0.4)
    x = np.stack([data["x"], data["y"], data["z"]], axis=1)

    def ours() -> list[float]:
        fit = fit_fine_gray(follow_up(data["time"], data["event"], np.arange(len(x))), x)
        return [*fit.coefficients, *np.sqrt(np.diag(fit.covariance))]

    code = """
      fit <- crr(time, event, cbind(x, y, z), gtol = 1e-9)
      c(fit$coef, sqrt(diag(fit$var)))"""
    return Question(
        name="Fine-Gray model with three predictors, 1,000 patients",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="cmprsk", needs="R:cmprsk", within=1e-5,
                answer=lambda: in_r("cmprsk", code, data),
            ),
        ),
    )  # fmt: skip


def concordance() -> Question:
    """One number for how well a predictor ranks."""
    data = events(20_000)

    def ours() -> list[float]:
        known = follow_up(data["time"], data["event"], np.arange(20_000))
        return [harrell_c(known, data["x"], direction="higher").value]

    def lifelines() -> list[float]:
        from lifelines.utils import concordance_index

        return [concordance_index(data["time"], -data["x"], data["event"])]

    code = "concordance(Surv(time, event) ~ x, reverse = TRUE)$concordance"
    return Question(
        name="Harrell's C with its error, 20,000 patients",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="lifelines", needs="lifelines", answer=lambda: timed(lifelines),
                note="no error",
            ),
            Peer(
                name="R survival", needs="R:survival",
                answer=lambda: in_r("survival", code, {k: data[k] for k in ("time", "event", "x")}),
            ),
        ),
    )  # fmt: skip


def area_at_a_time() -> Question:
    """An AUC at a year, censoring weighed out."""
    data = events(5000)

    def ours() -> list[float]:
        known = follow_up(data["time"], data["event"], np.arange(5000))
        found = time_auc(known, data["x"], 365, direction="higher")
        return [found.value, found.error]

    code = """
      suppressMessages(library(survival)); suppressMessages(library(prodlim))
      found <- Score(list(m = x), formula = Hist(time, event) ~ 1, times = 365, metrics = 'auc',
                     data = data.frame(time, event, x), cens.model = 'km', null.model = FALSE)
      as.numeric(found$AUC$score[, c('AUC', 'se')])"""
    return Question(
        name="AUC at a time with its error, 5,000 patients",
        aim=None,
        peers=(
            Peer(name="ours", answer=lambda: timed(ours)),
            Peer(
                name="riskRegression", needs="R:riskRegression",
                answer=lambda: in_r(
                    "riskRegression", code, {k: data[k] for k in ("time", "event", "x")}
                ),
            ),
        ),
    )  # fmt: skip
