//! The figures of small books written as text, and of the published ones.

mod ally;
mod book;
mod movement;
mod ratios;
mod speed;
