# Golden values of comparisons: simulates units under follow-up in 40 patients, and asks R's packages.
# Writes comparisons_units.csv and comparisons_expected.csv beside itself; reads stats_patients.csv and
# stats_nodes.csv. Run in this folder: Rscript comparisons.R
# The versions that made them stand in the first line of comparisons_expected.csv.
suppressMessages({library(survival); library(pROC)})
set.seed(20261122)
versions <- sapply(c("survival", "pROC"), function(p) as.character(packageVersion(p)))
rows <- list()
keep <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(
  name = name, value = format(as.numeric(value), digits = 15, scientific = TRUE, trim = TRUE))

# units of patients, whose groups differ within patients; many ties
size <- sample(1:4, 40, replace = TRUE)
patient <- rep(seq_len(40), size)
arm <- sample(0:2, length(patient), replace = TRUE)
site <- sample(0:1, length(patient), replace = TRUE)
frailty <- exp(rnorm(40, sd = 0.6))[patient]
clock <- rexp(length(patient), frailty * exp(-0.5 * arm) / 12)
lost <- runif(length(patient), 2, 30)
time <- pmax(1, round(pmin(clock, lost)))
event <- as.integer(clock <= lost)
write.csv(data.frame(patient, arm, site, time, event), "comparisons_units.csv", row.names = FALSE,
          quote = FALSE)

# the robust score test at no difference is the log-rank test by patient
robust <- function(formula) summary(coxph(formula, ties = "breslow", cluster = patient))$robscore["test"]
keep("logrank_by_patient", robust(Surv(time, event) ~ factor(arm)))
keep("logrank_by_patient_in_strata", robust(Surv(time, event) ~ factor(arm) + strata(site)))

# restricted means of two groups of patients
p <- read.csv("stats_patients.csv")
mean_of <- function(part) {
  fit <- survfit(Surv(time, event > 0) ~ 1, data = part)
  survival:::survmean(fit, rmean = 24)$matrix[c("rmean", "se(rmean)")]
}
one <- mean_of(p[p$positive == 1, ]); two <- mean_of(p[p$positive == 0, ])
keep("rmst_difference", one[1] - two[1])
keep("rmst_difference_se", sqrt(one[2]^2 + two[2]^2))

# nodes that show a difference of two correlated areas
nodes <- read.csv("stats_nodes.csv")
a <- roc(nodes$truth, -nodes$adc, direction = "<", quiet = TRUE)
k <- roc(nodes$truth, nodes$ktrans, direction = "<", quiet = TRUE)
keep("two_curves_cases", power.roc.test(a, k, power = 0.9, sig.level = 0.05)$ncases)
keep("two_curves_power", power.roc.test(a, k, sig.level = 0.05)$power)

out <- file("comparisons_expected.csv", "w")
writeLines(paste0("# ", R.version.string, "; ", paste(names(versions), versions, collapse = ", ")), out)
write.csv(do.call(rbind, rows), out, row.names = FALSE, quote = FALSE)
close(out)
