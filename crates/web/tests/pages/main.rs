//! Pages over HTTP: a desk with people and cases, and a browser without a window.

mod desk;
mod desk_bench;
