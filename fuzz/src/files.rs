//! Files of the book as a lender hands them over, in any format.

use crate::book::Desk;
use lake::mapping::Mapping;
use lake::source::{self, TableFile};
use std::io::{Cursor, Write};
use zip::write::{SimpleFileOptions, ZipWriter};

/// One file: its name on the first line, a mapping, then `----` and the bytes of the file.
pub fn file(bytes: &[u8]) {
    let Some((head, content)) = split(bytes, b"\n----\n") else { return };
    let Ok(head) = std::str::from_utf8(head) else { return };
    let (name, mapping) = head.split_once('\n').unwrap_or((head, ""));
    read(name, mapping, content);
}

/// A workbook taken apart: each part is a line `part NAME` and the lines below. Changed bytes of a zip
/// file are damage and no more; this way they reach the reader of what is inside.
pub fn workbook(bytes: &[u8]) {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut name = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"part ") {
            Some(part) => {
                let part = String::from_utf8_lossy(part).trim().to_owned();
                name = archive.start_file(part, SimpleFileOptions::default()).ok();
            }
            None if name.is_some() => archive.write_all(line).expect("memory takes what it is given"),
            None => {}
        }
    }
    let Ok(packed) = archive.finish() else { return };
    read("all.xlsx", "", packed.get_ref());
}

/// Reads a file as an import does and once more as its rejects file does.
fn read(name: &str, mapping: &str, content: &[u8]) {
    let Ok(mapping) = Mapping::parse(mapping) else { return };
    let Some(desk) = Desk::with(&[(name, content)]) else { return };
    let Ok(Ok(files)) = source::find(desk.inbox(), &mapping) else { return };
    files.iter().for_each(read_table);
}

fn read_table(file: &TableFile) {
    let Ok(Ok(mut reader)) = file.open() else { return };
    while let Ok(Some(chunk)) = reader.next_chunk() {
        assert!(chunk.columns.iter().all(|column| column.len() == chunk.len()), "every column has every row");
        assert!(chunk.rejections.iter().all(|one| (one.row as usize) < chunk.first_row + chunk.len()), "no row is made up");
    }
    let Ok(mut records) = file.records() else { return };
    while let Ok(true) = records.advance() {
        (0..records.width()).for_each(|at| drop(records.field(at).to_vec()));
    }
}

/// What stands before and behind the first `mark`.
pub fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}
