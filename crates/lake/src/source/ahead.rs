//! Threads that read ahead while what came before is judged.

use crate::fault::Fault;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

/// How many things a thread has ready at most.
pub const AHEAD: usize = 2;

/// A thread that makes things before they are wanted (预读线程), a few at a time.
pub struct Ahead<T> {
    ready: Receiver<Result<T, Fault>>,
    maker: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Ahead<T> {
    /// Begins at once and stops at the first fault, at `None`, or when nobody takes what is made.
    pub fn new(mut make: impl FnMut() -> Result<Option<T>, Fault> + Send + 'static) -> Ahead<T> {
        let (hand_over, ready) = sync_channel(AHEAD);
        let maker = thread::spawn(move || {
            while let Some(made) = make().transpose() {
                let last = made.is_err();
                if hand_over.send(made).is_err() || last {
                    break;
                }
            }
        });
        Ahead { ready, maker: Some(maker) }
    }

    /// The next thing; `None` when there are no more. Panics as the thread did.
    pub fn next(&mut self) -> Result<Option<T>, Fault> {
        if let Ok(made) = self.ready.recv() {
            return made.map(Some);
        }
        match self.maker.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_in_order_then_the_end_or_the_fault_or_the_panic() {
        let up_to = |end: fn() -> Result<Option<u32>, Fault>| {
            let mut made = 0..100;
            Ahead::new(move || made.next().map_or_else(end, |number| Ok(Some(number))))
        };
        let take = |ahead: &mut Ahead<u32>| (0..100).for_each(|number| assert_eq!(ahead.next().unwrap(), Some(number)));
        let mut ends = up_to(|| Ok(None));
        take(&mut ends);
        assert_eq!((ends.next().unwrap(), ends.next().unwrap()), (None, None));
        let mut fails = up_to(|| anyhow::bail!("no more disk"));
        take(&mut fails);
        assert_eq!(fails.next().unwrap_err().to_string(), "no more disk");
        let mut breaks = up_to(|| panic!("wrong by one"));
        take(&mut breaks);
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| breaks.next())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"wrong by one"));
    }
}
