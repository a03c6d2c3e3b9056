//! Effective-dated rules with provenance (政策包).
