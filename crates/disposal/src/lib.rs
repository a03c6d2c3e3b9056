//! Court, settlement, write-off: the clocks that may not run out unseen.
