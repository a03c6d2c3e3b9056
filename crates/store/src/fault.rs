//! The machine says no.

use std::error::Error;

/// The store could not do its work (故障): what it was about, and the cause behind it.
///
/// Opaque: nobody decides by it. It is printed once, with its sources, at the rim.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {doing}")]
pub struct Fault {
    doing: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl Fault {
    /// Says what the store was about, for `map_err`.
    pub(crate) fn doing<E: Into<Box<dyn Error + Send + Sync>>>(doing: &'static str) -> impl Fn(E) -> Fault {
        move |source| Fault { doing, source: source.into() }
    }
}
