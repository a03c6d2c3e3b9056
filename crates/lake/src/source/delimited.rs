//! Delimited text (CSV): records as slices of one buffer, nothing allocated per row.

use super::Records;
use crate::fault::{Fault, bail};
use encoding_rs::{CoderResult, Decoder, GB18030};
use memchr::{memchr, memchr2, memchr_iter, memrchr};
use std::io::{Empty, Read, empty};

const BLOCK: usize = 1 << 20;
/// A quoted record longer than this is a quote that was never closed.
const LONGEST_RECORD: usize = 1 << 20;
/// A file without line ends is not read into memory whole.
const LONGEST_LINE: usize = 1 << 28;

/// A reader of delimited text (分隔文本).
///
/// Quotes follow RFC 4180; a quote that never closes spoils its own line only. Blank lines are skipped.
pub struct Delimited<R> {
    from: R,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Unread bytes are `start..end`.
    start: usize,
    end: usize,
    finished: bool,
    fields: Vec<(u32, u32)>,
    header: Vec<String>,
    line: u64,
    next_line: u64,
}

/// Whether quotes in a record hold its fields together (引号).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Count,
    AreText,
}

impl<R: Read> Delimited<R> {
    /// Reads the header.
    pub fn new(from: R, delimiter: u8) -> Result<Delimited<R>, Fault> {
        let mut text = Delimited {
            from,
            delimiter,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            finished: false,
            fields: Vec::new(),
            header: Vec::new(),
            line: 0,
            next_line: 1,
        };
        text.fill()?;
        if text.buffer[..text.end].starts_with(b"\xEF\xBB\xBF") {
            text.start = 3;
        }
        if text.advance()? {
            text.header = (0..text.fields.len())
                .map(|at| String::from_utf8_lossy(text.field(at).trim_ascii()).into_owned())
                .collect();
        }
        Ok(text)
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The next whole records as they stand, about a [`BLOCK`] of them; false at the end.
    pub fn take_block(&mut self, block: &mut Vec<u8>) -> Result<bool, Fault> {
        block.clear();
        while block.len() < BLOCK / 2 {
            let unread = &self.buffer[self.start..self.end];
            // As far as no quote begins, every line is a record.
            let plain = memchr(b'"', unread).unwrap_or(unread.len());
            let stop = match memrchr(b'\n', &unread[..plain]) {
                Some(at) => {
                    self.next_line += memchr_iter(b'\n', &unread[..=at]).count() as u64;
                    self.start + at
                }
                None => match self.find_record()? {
                    Some((stop, _)) => stop,
                    None => break,
                },
            };
            let after = (stop + 1).min(self.end);
            block.extend_from_slice(&self.buffer[self.start..after]);
            self.start = after;
        }
        Ok(!block.is_empty())
    }

    /// Moves the unread bytes to the front and reads more behind them.
    fn fill(&mut self) -> Result<(), Fault> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.end >= LONGEST_LINE {
                bail!("line {} is longer than {LONGEST_LINE} bytes: this is no delimited text", self.next_line);
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        while self.end < self.buffer.len() {
            match self.from.read(&mut self.buffer[self.end..])? {
                0 => {
                    self.finished = true;
                    break;
                }
                read => self.end += read,
            }
        }
        Ok(())
    }

    /// Splits the record `start..stop`, which holds no quote.
    fn split_plain(&mut self, stop: usize) {
        let mut stop_text = stop;
        if stop_text > self.start && self.buffer[stop_text - 1] == b'\r' {
            stop_text -= 1;
        }
        self.fields.clear();
        let mut from = self.start;
        for at in memchr_iter(self.delimiter, &self.buffer[self.start..stop_text]) {
            self.fields.push((from as u32, (self.start + at) as u32));
            from = self.start + at + 1;
        }
        self.fields.push((from as u32, stop_text as u32));
    }

    /// Splits the record `start..stop`, closing up its quotes in place.
    fn split_quoted(&mut self, stop: usize) {
        let mut stop_text = stop;
        if stop_text > self.start && self.buffer[stop_text - 1] == b'\r' {
            stop_text -= 1;
        }
        self.fields.clear();
        let (mut read, mut write) = (self.start, self.start);
        let (mut from, mut quoted) = (self.start, false);
        while read < stop_text {
            let byte = self.buffer[read];
            match byte {
                b'"' if quoted && read + 1 < stop_text && self.buffer[read + 1] == b'"' => {
                    self.buffer[write] = b'"';
                    write += 1;
                    read += 1;
                }
                b'"' if quoted => quoted = false,
                b'"' if write == from => quoted = true,
                _ if byte == self.delimiter && !quoted => {
                    self.fields.push((from as u32, write as u32));
                    // The delimiter keeps its place, so that fields never run into each other.
                    write += 1;
                    from = write;
                }
                _ => {
                    self.buffer[write] = byte;
                    write += 1;
                }
            }
            read += 1;
        }
        self.fields.push((from as u32, write as u32));
    }

    /// Where the record that begins at `start` and holds a quote ends; `None` when the quote stays open.
    fn end_of_quoted(&mut self) -> Result<Option<usize>, Fault> {
        let (mut at, mut quoted) = (0, false);
        loop {
            // Never farther: however the text was cut into blocks, the same quotes stay open.
            while at < LONGEST_RECORD.min(self.end - self.start) {
                match self.buffer[self.start + at] {
                    b'"' => quoted = !quoted,
                    b'\n' if !quoted => return Ok(Some(self.start + at)),
                    _ => {}
                }
                at += 1;
            }
            if at == LONGEST_RECORD {
                return Ok(None);
            }
            if self.finished {
                return Ok((!quoted).then_some(self.end));
            }
            self.fill()?;
        }
    }

    /// Where the record at `start` ends, and whether its quotes count; its lines are counted.
    fn find_record(&mut self) -> Result<Option<(usize, Quotes)>, Fault> {
        loop {
            let stop = match memchr2(b'\n', b'"', &self.buffer[self.start..self.end]) {
                None if !self.finished => {
                    self.fill()?;
                    continue;
                }
                None if self.start == self.end => return Ok(None),
                None => self.end,
                Some(at) if self.buffer[self.start + at] == b'\n' => self.start + at,
                Some(at) => match self.end_of_quoted()? {
                    Some(stop) => {
                        self.line = self.next_line;
                        self.next_line += memchr_iter(b'\n', &self.buffer[self.start..stop]).count() as u64 + 1;
                        return Ok(Some((stop, Quotes::Count)));
                    }
                    None => memchr(b'\n', &self.buffer[self.start + at..self.end])
                        .map_or(self.end, |rest| self.start + at + rest),
                },
            };
            self.line = self.next_line;
            self.next_line += 1;
            return Ok(Some((stop, Quotes::AreText)));
        }
    }
}

impl Delimited<Empty> {
    /// The records of a block that [`Delimited::take_block`] cut.
    pub fn over(block: Vec<u8>, delimiter: u8) -> Delimited<Empty> {
        Delimited {
            from: empty(),
            delimiter,
            start: 0,
            end: block.len(),
            buffer: block,
            finished: true,
            fields: Vec::new(),
            header: Vec::new(),
            line: 0,
            next_line: 1,
        }
    }

    /// The fields of the record, as places in the buffer.
    pub fn fields(&self) -> &[(u32, u32)] {
        &self.fields
    }

    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }
}

impl<R: Read> Records for Delimited<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        while let Some((stop, quotes)) = self.find_record()? {
            match quotes {
                Quotes::Count => self.split_quoted(stop),
                Quotes::AreText => self.split_plain(stop),
            }
            self.start = (stop + 1).min(self.end);
            if quotes == Quotes::Count || self.fields.len() > 1 || self.fields[0].0 < self.fields[0].1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn width(&self) -> usize {
        self.fields.len()
    }

    fn field(&self, at: usize) -> &[u8] {
        let (from, to) = self.fields[at];
        &self.buffer[from as usize..to as usize]
    }
}

/// GB18030 turned into UTF-8 as it is read; what cannot be read becomes U+FFFD and is refused later.
pub struct FromGb18030<R> {
    from: R,
    decoder: Decoder,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

impl<R: Read> FromGb18030<R> {
    pub fn new(from: R) -> FromGb18030<R> {
        FromGb18030 { from, decoder: GB18030.new_decoder(), raw: vec![0; BLOCK], start: 0, end: 0, finished: false }
    }
}

impl<R: Read> Read for FromGb18030<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if self.start == self.end && !self.finished {
                self.start = 0;
                self.end = self.from.read(&mut self.raw)?;
                self.finished = self.end == 0;
            }
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.start..self.end], to, self.finished);
            self.start += read;
            let done = self.finished && result == CoderResult::InputEmpty;
            if written > 0 || done || to.len() < 4 {
                return Ok(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expect: &[(u64, &[&str])]) {
        let mut records = Delimited::new(text, b',').unwrap();
        let mut found = Vec::new();
        while records.advance().unwrap() {
            let fields: Vec<String> =
                (0..records.width()).map(|at| String::from_utf8_lossy(records.field(at)).into_owned()).collect();
            found.push((records.line(), fields));
        }
        let expect: Vec<(u64, Vec<String>)> =
            expect.iter().map(|(line, row)| (*line, row.iter().map(|&field| field.to_owned()).collect())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn records_come_apart_with_their_line_numbers() {
        check(b"a,b\n1,2\r\n\n3,\n,", &[(2, &["1", "2"]), (4, &["3", ""]), (5, &["", ""])]);
        check(b"\xEF\xBB\xBFa,b\n1,2", &[(2, &["1", "2"])]);
        check(b"a,b\n\"x,\"\"y\"\"\nz\",2\n3,4\n", &[(2, &["x,\"y\"\nz", "2"]), (4, &["3", "4"])]);
        check(b"a,b\n\"open,2\n3,4\n", &[(2, &["\"open", "2"]), (3, &["3", "4"])]);
        check(b"a,b\n5\" pipe,2\n", &[(2, &["5\" pipe", "2"])]);
        check(b"", &[]);
    }

    #[test]
    fn cut_into_blocks_the_records_stay_the_same() {
        let endings = ["1,2\n", "\"x\ny\",2\r\n", "\n", "\"a\"\"\n\"\"b\",\"\n\"\n", "5\" pipe,2\n", "z,\n"];
        let mut text = "a,b\n".to_owned();
        for n in 0..300_000 {
            text.push_str(endings[n * n % 6]);
        }
        text.push_str("\"open,2\n3,4");
        let mut whole = Delimited::new(text.as_bytes(), b',').unwrap();
        let mut cut = Delimited::new(text.as_bytes(), b',').unwrap();
        let (mut block, mut blocks) = (Vec::new(), 0);
        while cut.take_block(&mut block).unwrap() {
            let mut records = Delimited::over(block.clone(), b',');
            while records.advance().unwrap() {
                assert!(whole.advance().unwrap());
                let fields = |text: &dyn Records| (0..text.width()).map(|at| text.field(at).to_vec()).collect::<Vec<_>>();
                assert_eq!(fields(&records), fields(&whole), "line {}", whole.line());
            }
            blocks += 1;
        }
        assert!(!whole.advance().unwrap());
        assert!(blocks > 1);
    }

    #[test]
    fn records_longer_than_a_block_come_through() {
        let long = "x".repeat(3 * BLOCK);
        check(format!("a,b\n{long},1\n2,3\n").as_bytes(), &[(2, &[&long, "1"]), (3, &["2", "3"])]);
    }

    #[test]
    fn gb18030_becomes_utf8() {
        let (bytes, _, _) = GB18030.encode("a,b\n\u{8d37}\u{540e},1\n");
        let mut text = String::new();
        FromGb18030::new(bytes.as_ref()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\n\u{8d37}\u{540e},1\n");
    }
}
