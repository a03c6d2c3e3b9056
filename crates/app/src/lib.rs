//! Use cases: one function each (用例). Read, decide, write; refuse with a code or go on.
//!
//! Nothing is decided here that a rule room can decide, and nothing is printed: results leave as
//! values and [`table::Table`]s. The clock, the terminal and the arguments belong to the front door.
//!
//! Reading order: [`workspace`], [`keys`], [`foreign`], [`book_import`], [`dayend_run`], [`night_order`], [`morning`],
//! [`what_if`], [`loan_explain`], [`figures`], [`movement`], [`query_run`], [`schedule_calculate`], [`status`],
//! [`doctor`], [`backup`], [`demo`]. Casework: [`office`], [`desk`], [`sign_in`], [`staff`], [`case_night`], [`case`],
//! [`queue`], [`workbench`], [`contact`], [`contact_finish`], [`promise`], [`person`], [`customer`], [`search`], [`visit`],
//! [`clock`], [`approval`], [`hardship`], [`household_plan`], [`agency`], [`speech`], [`results`], [`audit`], [`webhook`].

pub mod agency;
pub mod approval;
pub mod audit;
pub mod backup;
pub mod book_import;
pub mod case;
pub mod case_night;
pub mod clock;
pub mod contact;
pub mod contact_finish;
pub mod customer;
pub mod person;
pub mod promise;
pub mod casework_rules;
pub mod dayend_run;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod failure;
pub mod figures;
pub mod foreign;
pub mod hardship;
pub mod household_plan;
pub mod keys;
pub mod loan_explain;
pub mod morning;
pub mod movement;
pub mod night_order;
pub mod office;
pub mod query_run;
pub mod queue;
pub mod results;
pub mod schedule_calculate;
pub mod search;
pub mod sign_in;
pub mod speech;
pub mod staff;
pub mod status;
pub mod table;
pub mod visit;
pub mod webhook;
pub mod what_if;
pub mod workbench;
pub mod workspace;

pub use failure::{Failure, Outcome, Refusal, refused};
