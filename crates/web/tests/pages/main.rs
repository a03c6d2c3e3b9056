//! Pages over HTTP: people sign in, look, and send forms, without a browser's window.

mod book;
mod browser;
mod crawl;
mod desk;
mod desk_bench;
mod order;
mod rights;
