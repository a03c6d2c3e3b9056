//! What the numbers say (统计与报表): ratios, roll rates, migration, vintages, trends, concentration.
//!
//! Everything is computed from [`StateTable`]s, one per night: the night fills one from its plan,
//! the lake reads one back from a snapshot, and both get the same figures from the same functions.
//! Invariants: pure and exact; a ratio is two whole numbers until it is shown; no total depends on
//! the order of the loans.
//!
//! Reading order: [`ratio`], [`state`], [`catalogue`], [`tally`], [`metric`], [`matrix`], [`roll`],
//! [`migration`], [`chain`], [`vintage`], [`trend`], [`history`], [`concentration`].

pub mod catalogue;
pub mod chain;
pub mod concentration;
pub mod history;
pub mod matrix;
pub mod metric;
pub mod migration;
pub mod ratio;
pub mod roll;
pub mod state;
pub mod tally;
pub mod trend;
pub mod vintage;

pub use catalogue::{CATALOGUE, Measure, Metric, Reference, Unit};
pub use chain::{Chain, Weight};
pub use concentration::{Concentration, customer_concentration, dimension_concentration};
pub use history::{Held, History, HistoryNight};
pub use matrix::{Exit, Ladder, Matrix, Origins, Transitions};
pub use metric::{DrillRow, GroupTotals, MetricRow, MetricTable, drill, metrics, numerator_loans};
pub use migration::{GradeFlow, MigrationFormula, grade_flows, migration_rate, performing_migration_rate};
pub use ratio::{Interval, Ratio};
pub use roll::{RollRow, forward_loss_ppm, roll};
pub use state::{BalanceSheet, Dimension, DimensionColumn, Figures, StateTable, YearToDate};
pub use tally::{Column, Rows, Tally};
pub use trend::{TrendPoint, trend};
pub use vintage::{VintagePoint, Vintages};
