//! Every command and every refusal.
