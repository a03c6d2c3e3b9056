//! The whole "because…" of one loan or customer.
