//! The steps of the plan; [`crate::planner`] calls them in order.

pub mod allowance;
pub mod contagion;
pub mod customer;
pub mod exceptions;
pub mod grade;
pub mod metrics;
pub mod moves;
pub mod portfolio;
