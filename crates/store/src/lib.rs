//! The only room with SQL tables.
