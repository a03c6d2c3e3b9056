//! Questions in, answers out: small tables, the printed answer beside each question.

mod asking;
mod staging;
mod writing;
