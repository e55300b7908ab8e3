# Golden values of the statistics: simulates 60 patients with nodes, and asks R's packages.
# Writes stats_nodes.csv, stats_patients.csv, stats_readers.csv and stats_expected.csv beside itself.
# Run in this folder: Rscript stats.R
# The versions that made them stand in the first line of stats_expected.csv.
suppressMessages({library(pROC); library(geepack); library(survival); library(cmprsk); library(psych)})
set.seed(20260101)
versions <- sapply(c("pROC", "geepack", "survival", "cmprsk", "psych", "MASS"),
                   function(p) as.character(packageVersion(p)))
rows <- list()
keep <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(
  name = name, value = format(as.numeric(value), digits = 15, scientific = TRUE, trim = TRUE))

# nodes in patients: two scores that share the patient, a call, a reference
patients <- 60
size <- sample(1:6, patients, replace = TRUE)
patient <- rep(seq_len(patients), size)
shared <- rnorm(patients)[patient]
truth <- rbinom(length(patient), 1, 0.4)
adc <- round(1.1 - 0.25 * truth + 0.1 * shared + rnorm(length(patient), sd = 0.2), 2)
ktrans <- round(0.2 + 0.08 * truth + 0.05 * shared + rnorm(length(patient), sd = 0.1), 2)
call <- as.integer(adc <= 0.98)
nodes <- data.frame(patient, truth, adc, ktrans, call)
write.csv(nodes, "stats_nodes.csv", row.names = FALSE, quote = FALSE)

# intercept-only GEE (robust, no small-sample factor) of sensitivity and specificity
for (class in 1:0) {
  part <- nodes[nodes$truth == class, ]
  part$hit <- as.integer(part$call == class)
  fit <- geeglm(hit ~ 1, id = patient, data = part, family = binomial, corstr = "independence")
  name <- if (class == 1) "sensitivity" else "specificity"
  keep(paste0(name, "_logit"), coef(fit)); keep(paste0(name, "_gee_se"), sqrt(vcov(fit)[1, 1]))
}

# ROC as if nodes were independent
a <- roc(truth, adc, direction = ">", quiet = TRUE)
k <- roc(truth, ktrans, direction = "<", quiet = TRUE)
keep("auc_adc", auc(a)); keep("auc_adc_var", var(a)); keep("auc_ktrans", auc(k))
paired <- roc.test(a, k, paired = TRUE, method = "delong")
keep("delong_z", paired$statistic); keep("delong_p", paired$p.value)
keep("pauc_adc", auc(a, partial.auc = c(1, 0.8)))
keep("pauc_adc_mcclish", auc(a, partial.auc = c(1, 0.8), partial.auc.correct = TRUE))
best <- coords(a, "best", best.method = "youden", transpose = FALSE)
keep("youden_threshold", best$threshold); keep("youden_sensitivity", best$sensitivity)

# one row a patient: time to recurrence (1) or death (2), or lost (0)
age <- round(rnorm(patients, 62, 9))
positive <- as.integer(tapply(truth, patient, max))
clock <- rexp(patients, exp(0.6 * positive) / 30)
lost <- runif(patients, 6, 60)
time <- pmax(1, round(pmin(clock, lost)))
event <- ifelse(clock <= lost, sample(1:2, patients, TRUE, c(0.7, 0.3)), 0)
write.csv(data.frame(time, event, positive, age), "stats_patients.csv", row.names = FALSE)
any_event <- event > 0
km <- survfit(Surv(time, any_event) ~ 1, conf.type = "log-log")
at <- summary(km, times = 18)
keep("km_18", at$surv); keep("km_18_se", at$std.err)
keep("km_18_low", at$lower); keep("km_18_high", at$upper)
area <- survival:::survmean(km, rmean = 36)$matrix
keep("rmst_36", area["rmean"]); keep("rmst_36_se", area["se(rmean)"])
keep("logrank_chisq", survdiff(Surv(time, any_event) ~ positive)$chisq)
cox <- coxph(Surv(time, any_event) ~ positive + age, cluster = seq_along(time))
keep("cox_positive", coef(cox)[1]); keep("cox_positive_robust_se", sqrt(cox$var[1, 1]))
keep("cox_age", coef(cox)[2])
keep("harrell_c", concordance(cox)$concordance)
cif <- timepoints(cuminc(time, event), 18)
keep("cif1_18", cif$est[1]); keep("cif2_18", cif$est[2])
tests <- cuminc(time, event, positive)$Tests
keep("gray_1", tests[1, "stat"]); keep("gray_2", tests[2, "stat"])
weighted <- crr(time, event, cbind(positive, age), failcode = 1)
keep("finegray_positive", weighted$coef[1]); keep("finegray_age", weighted$coef[2])

# three readers grade 40 nodes 0-3
true_grade <- sample(0:3, 40, TRUE)
grades <- sapply(1:3, function(r) pmin(3, pmax(0, true_grade + sample(-1:1, 40, TRUE, c(.2, .6, .2)))))
colnames(grades) <- paste0("reader", 1:3)
write.csv(grades, "stats_readers.csv", row.names = FALSE)
keep("kappa_quadratic_12", cohen.kappa(grades[, 1:2])$weighted.kappa)
icc <- ICC(grades, lmer = FALSE)$results
keep("icc_2_1", icc$ICC[2]); keep("icc_2_1_low", icc$`lower bound`[2])
keep("icc_2_1_high", icc$`upper bound`[2])

# one reader's grade from the others', by proportional odds
odds <- MASS::polr(factor(reader1) ~ reader2 + reader3, data = data.frame(grades),
                   control = list(reltol = 1e-15, maxit = 1000))
keep("polr_reader2", coef(odds)[1]); keep("polr_reader3", coef(odds)[2])
keep("polr_first_threshold", odds$zeta[1]); keep("polr_loglik", logLik(odds))

# several tests in one family
p <- c(0.004, 0.021, 0.019, 0.3, 0.04)
for (method in c("holm", "hochberg", "BH")) for (i in 1:5)
  keep(paste0(method, "_", i), p.adjust(p, method)[i])

out <- file("stats_expected.csv", "w")
writeLines(paste0("# ", R.version.string, "; ", paste(names(versions), versions, collapse = ", ")), out)
write.csv(do.call(rbind, rows), out, row.names = FALSE, quote = FALSE)
close(out)
