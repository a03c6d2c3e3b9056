//! Who may do what: staff, branches, roles, limits, approvals.
