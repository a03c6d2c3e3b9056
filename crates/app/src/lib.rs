//! Use cases: one function each (用例). Read, decide, write; refuse with a code or go on.
//!
//! Nothing is decided here that a rule room can decide, and nothing is printed: results leave as
//! values and [`table::Table`]s. The clock, the terminal and the arguments belong to the front door.
//!
//! Reading order: [`workspace`], [`keys`], [`foreign`], [`book_import`], [`dayend_run`], [`night_order`], [`morning`],
//! [`what_if`], [`loan_explain`], [`figures`], [`movement`], [`query_run`], [`schedule_calculate`], [`status`],
//! [`doctor`], [`backup`], [`demo`], `demo_week`. Casework: [`office`], [`desk`], [`sign_in`], [`staff`], [`case_night`], [`case`],
//! [`queue`], [`workbench`], [`contact`], [`contact_finish`], [`promise`], [`person`], [`customer`], [`search`], [`visit`], [`clock`], [`clock_fact`], [`clock_watch`], [`approval`], [`hardship`], [`household_plan`], [`agency`], [`speech`], [`results`], [`month`],
//! [`audit`], [`webhook`]. Pages over the book: [`book`], [`loan_scope`], [`loan_filter`], [`loan_list`], [`loan_view`], [`opened`], [`saved_view`], [`portfolio`]. Order: [`operations`], [`import_desk`], [`pack`].

pub mod agency;
pub mod approval;
pub mod audit;
pub mod backup;
pub mod book;
pub mod book_import;
pub mod case;
pub mod case_night;
pub mod clock;
pub mod clock_fact;
pub mod clock_watch;
pub mod contact;
pub mod contact_file;
pub mod contact_finish;
pub mod customer;
pub mod person;
pub mod portfolio;
pub mod promise;
pub mod casework_rules;
pub mod dayend_run;
pub mod demo;
mod demo_week;
pub mod desk;
pub mod doctor;
pub mod failure;
pub mod figures;
mod filled;
pub mod foreign;
pub mod hardship;
pub mod household_plan;
pub mod import_desk;
pub mod keys;
pub mod loan_explain;
pub mod loan_filter;
pub mod loan_list;
pub mod loan_scope;
pub mod loan_view;
pub mod month;
pub mod morning;
pub mod movement;
pub mod night_order;
pub mod office;
pub mod opened;
pub mod operations;
pub mod pack;
pub mod query_run;
pub mod queue;
pub mod results;
pub mod saved_view;
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
