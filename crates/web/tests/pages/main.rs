//! The pages over a workspace of their own: a server on a free port, and a browser without a window.

mod browser;
mod order;
