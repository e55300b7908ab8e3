"""Outcomes of a study: what becomes of patients after treatment, and what foretells it."""
