"""The reading room behind its pages: rounds, answers, pathology, scores, the trail."""
