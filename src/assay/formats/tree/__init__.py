"""Boosted trees, forests and other exchange formats: XGBoost, LightGBM, CatBoost, skops, PMML, R, Torch7."""
