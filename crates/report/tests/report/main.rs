//! The figures of small books written as text, and of the published ones.

// Amounts stand as yuan_fen: 1_234_56 is 1,234.56 yuan.
#![allow(clippy::inconsistent_digit_grouping)]

mod ally;
mod book;
mod chains;
mod movement;
mod ratios;
