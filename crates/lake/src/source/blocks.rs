//! Delimited text on several threads: cut into blocks of whole records, each read by itself.

use super::Records;
use super::ahead::{AHEAD, Ahead};
use crate::hands;
use super::delimited::Delimited;
use crate::chunk::{Chunk, Fields, Notation};
use crate::fault::Fault;
use crate::mapping::Binding;
use crate::personal::RejectedCells;
use crate::schema::Table;
use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

/// A file of delimited text, its blocks dealt out in turn (分块): a chunk comes back for each, in order.
pub struct Blocks {
    /// Closed once the text has ended.
    text: Option<Delimited<Box<dyn Read>>>,
    readers: Vec<(SyncSender<Vec<u8>>, Ahead<Chunk>)>,
    dealt: usize,
    returned: usize,
}

impl Blocks {
    /// `rejected` opens what was sealed when the rows were rejected.
    pub fn new(
        text: Delimited<Box<dyn Read>>,
        table: &'static Table,
        binding: Binding,
        notation: Notation,
        rejected: Option<RejectedCells>,
    ) -> Blocks {
        let (delimiter, width, layout) = (text.delimiter(), text.header().len(), Arc::new((binding, notation, rejected)));
        let reader = |_| {
            let (deal, blocks) = sync_channel(AHEAD);
            let layout = layout.clone();
            let chunks = Ahead::new(move || {
                let Ok(block) = blocks.recv() else { return Ok(None) };
                let mut records = records(block, delimiter, width)?;
                if let Some(rejected) = &layout.2 {
                    records.open_rejected(rejected);
                }
                Ok(Some(records.read(table, &layout.0, &layout.1)))
            });
            (deal, chunks)
        };
        Blocks { text: Some(text), readers: (0..hands::offered()).map(reader).collect(), dealt: 0, returned: 0 }
    }

    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, Fault> {
        let readers = self.readers.len();
        while self.dealt < self.returned + AHEAD * readers
            && let Some(text) = &mut self.text
        {
            let mut block = Vec::new();
            if text.take_block(&mut block)? {
                // A reader that is gone has panicked: its turn to answer tells.
                let _ = self.readers[self.dealt % readers].0.send(block);
                self.dealt += 1;
            } else {
                self.text = None;
            }
        }
        if self.returned == self.dealt {
            return Ok(None);
        }
        let chunk = self.readers[self.returned % readers].1.next()?;
        self.returned += 1;
        assert!(chunk.is_some(), "every block gives a chunk");
        Ok(chunk)
    }
}

fn records(block: Vec<u8>, delimiter: u8, width: usize) -> Result<Fields, Fault> {
    let mut fields = Fields::new(width);
    let mut records = Delimited::over(block, delimiter);
    while records.advance()? {
        fields.push(records.fields());
    }
    fields.bytes = records.into_buffer();
    Ok(fields)
}
