# Golden errors, intervals and scores: asks R's packages about the tables that stats.R simulated.
# Reads stats_nodes.csv, stats_patients.csv and stats_readers.csv, writes errors_expected.csv.
# Run in this folder: Rscript errors.R
# The versions that made them stand in the first line of errors_expected.csv.
suppressMessages({library(pROC); library(geepack); library(survival); library(cmprsk)
                  library(psych); library(prodlim); library(riskRegression); library(vcd)})
packages <- c("pROC", "geepack", "survival", "cmprsk", "psych", "riskRegression", "vcd")
versions <- sapply(packages, function(p) as.character(packageVersion(p)))
rows <- list()
keep <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(
  name = name, value = format(as.numeric(value), digits = 15, scientific = TRUE, trim = TRUE))

# follow-up with tied times: any event, then recurrence (1) against death (2)
d <- read.csv("stats_patients.csv"); d$any <- as.integer(d$event > 0)
curve <- survfit(Surv(time, any) ~ 1, data = d, conf.type = "log-log")
middle <- quantile(curve, 0.5)
keep("median", middle$quantile); keep("median_low", middle$lower); keep("median_high", middle$upper)
states <- survfit(Surv(time, factor(event, 0:2)) ~ 1, data = d, id = seq_len(nrow(d)))
at <- summary(states, times = 18)
for (k in 1:2) keep(paste0("cif", k, "_18_se"), at$std.err[, k + 1])
fit <- crr(d$time, d$event, d[, c("positive", "age")], failcode = 1)
keep("finegray_positive_se", sqrt(fit$var[1, 1])); keep("finegray_age_se", sqrt(fit$var[2, 2]))
fit <- coxph(Surv(time, any) ~ positive + age, data = d, ties = "breslow")
keep("breslow_positive", coef(fit)[1]); keep("breslow_age", coef(fit)[2])
for (kind in c("n", "n/G2")) {
  found <- concordance(Surv(time, any) ~ age, data = d, reverse = TRUE, timewt = kind)
  name <- if (kind == "n") "harrell_age" else "uno_age"
  keep(name, found$concordance); keep(paste0(name, "_se"), sqrt(found$var))
}
keep("logrank_strata", survdiff(Surv(time, any) ~ positive + strata(age > 62), data = d)$chisq)
d$p <- plogis((d$age - 62) / 9)
score <- Score(list(age = d$p), formula = Hist(time, any) ~ 1, data = d, times = 18,
               metrics = c("auc", "brier"), cens.model = "km", null.model = FALSE)
keep("auc_18", score$AUC$score$AUC); keep("auc_18_se", score$AUC$score$se)
keep("brier_18", score$Brier$score$Brier); keep("brier_18_se", score$Brier$score$se)
score <- Score(list(age = d$p), formula = Hist(time, event) ~ 1, data = d, times = 18,
               metrics = "auc", cens.model = "km", null.model = FALSE, cause = 1)
keep("auc_18_others", score$AUC$score$AUC); keep("auc_18_others_se", score$AUC$score$se)

# nodes: logistic model with errors by patient; calibration of a prediction; independent groups
n <- read.csv("stats_nodes.csv")
fit <- geeglm(truth ~ adc + ktrans, id = patient, data = n, family = binomial)
for (k in 1:3) {
  keep(paste0("logistic_", k), coef(fit)[k]); keep(paste0("logistic_", k, "_se"), sqrt(vcov(fit)[k, k]))
}
n$p <- plogis((1 - n$adc) / 0.2); logit <- qlogis(n$p)
keep("calibration_slope", coef(glm(truth ~ logit, binomial, n))[2])
keep("calibration_intercept", coef(glm(truth ~ 1, binomial, n, offset = logit)))
keep("brier", mean((n$truth - n$p)^2))
even <- n$patient %% 2 == 0
half <- function(part) roc(n$truth[part], n$adc[part], direction = ">", quiet = TRUE)
found <- roc.test(half(even), half(!even), paired = FALSE, method = "delong")
keep("unpaired_d", found$statistic); keep("unpaired_df", found$parameter); keep("unpaired_p", found$p.value)
limits <- ci.auc(roc(n$truth, n$adc, direction = ">", quiet = TRUE), method = "delong")
keep("auc_low", limits[1]); keep("auc_high", limits[3])
other <- as.integer(n$ktrans >= 0.22)
for (class in 1:0) {
  part <- n$truth == class
  keep(paste0("mcnemar_", class), mcnemar.test(table(n$call[part], other[part]), correct = FALSE)$statistic)
}
limits <- binom.test(sum(n$call), nrow(n))$conf.int
keep("exact_low", limits[1]); keep("exact_high", limits[2])
limits <- prop.test(sum(n$call), nrow(n), correct = FALSE)$conf.int
keep("wilson_low", limits[1]); keep("wilson_high", limits[2])
keep("power", power.roc.test(auc = 0.7, ncases = 40, ncontrols = 60)$power)

# readers: kappa and its large-sample error, the other forms of ICC
r <- read.csv("stats_readers.csv")
cells <- table(factor(r$reader1, 0:3), factor(r$reader2, 0:3))
for (weights in c("Equal-Spacing", "Fleiss-Cohen")) {
  found <- Kappa(cells, weights = weights)
  name <- if (weights == "Equal-Spacing") "kappa_linear" else "kappa_quadratic"
  keep(name, found$Weighted["value"]); keep(paste0(name, "_ase"), found$Weighted["ASE"])
}
keep("kappa", found$Unweighted["value"]); keep("kappa_ase", found$Unweighted["ASE"])
found <- ICC(r, lmer = FALSE)$results
for (k in c(1, 3, 4, 5, 6)) {
  name <- c("icc_1_1", "", "icc_3_1", "icc_1_k", "icc_2_k", "icc_3_k")[k]
  keep(name, found$ICC[k]); keep(paste0(name, "_low"), found$`lower bound`[k])
  keep(paste0(name, "_high"), found$`upper bound`[k])
}

con <- file("errors_expected.csv", "w")
writeLines(paste0("# ", R.version.string, "; ", paste(names(versions), versions, collapse = ", ")), con)
write.csv(do.call(rbind, rows), con, row.names = FALSE, quote = FALSE)
close(con)
