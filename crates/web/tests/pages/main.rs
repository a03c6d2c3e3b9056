//! Pages over HTTP: a small bank with its nights, people who sign in with one click, and what they see.

mod book;
