//! Lists of which a filter leaves rows out: read on until a page is full.
//!
//! ```text
//! let mut filled = Filled::new(after, limit);
//! while let Some(ask) = filled.ask() {
//!     let page = store.case_queue(owner, filled.after(), ask).await?;
//!     filled.take(page.map(|kept| is_wanted(&kept).then(|| view(kept))));
//! }
//! Ok(filled.end())
//! ```

use crate::desk::PAGE;
use store::{Cursor, Page};

/// Rows looked at for one page, about a second's work: a filter that leaves hardly anything gives a short page with
/// a cursor that goes on behind them.
const LOOKED_AT: usize = 20_000;

/// A page on its way to being full.
pub(crate) struct Filled<T> {
    rows: Vec<T>,
    after: Option<Cursor>,
    limit: usize,
    looked_at: usize,
    is_over: bool,
}

impl<T> Filled<T> {
    pub fn new(after: Option<&Cursor>, limit: u32) -> Filled<T> {
        let limit = limit.clamp(1, PAGE) as usize;
        Filled { rows: Vec::new(), after: after.cloned(), limit, looked_at: 0, is_over: false }
    }

    /// How many rows to read next, behind [`Filled::after`]; `None` when it is enough.
    pub fn ask(&self) -> Option<u32> {
        let goes_on = !self.is_over && self.rows.len() < self.limit && self.looked_at < LOOKED_AT;
        goes_on.then(|| if self.looked_at == 0 { self.limit as u32 } else { PAGE })
    }

    pub fn after(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    /// The rows just read, `None` for each that is left out; what is too many is left to the next page.
    pub fn take(&mut self, page: Page<Option<T>>) {
        let room = self.limit - self.rows.len();
        let wanted = page.rows.iter().enumerate().filter(|(_, row)| row.is_some());
        let last = wanted.map(|(at, _)| at).nth(room - 1).unwrap_or(page.rows.len());
        self.looked_at += page.rows.len();
        self.after = page.after(last);
        self.is_over = self.after.is_none();
        self.rows.extend(page.rows.into_iter().take(last + 1).flatten());
    }

    /// Nothing that is still to be read can be wanted.
    pub fn close(&mut self) {
        if self.rows.len() < self.limit {
            (self.after, self.is_over) = (None, true);
        }
    }

    /// The page, and where the next one begins.
    pub fn end(self) -> (Vec<T>, Option<Cursor>) {
        (self.rows, self.after)
    }
}
