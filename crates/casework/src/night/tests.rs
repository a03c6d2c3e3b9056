//! Nights.
