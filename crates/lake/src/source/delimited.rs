//! Delimited text (CSV): records as slices of one buffer, nothing allocated per row.

use super::{LONGEST_LINE, Records, unreadable};
use crate::fault::Fault;
use crate::mapping::LayoutRefused;
use encoding_rs::{CoderResult, Decoder, GB18030};
use memchr::{memchr, memchr2, memchr_iter, memrchr};
use std::io::{Empty, ErrorKind, Read, empty};

/// Whole records handed over at once take about this many bytes.
const BLOCK: usize = 1 << 20;

/// A reader of delimited text (分隔文本).
///
/// Quotes follow RFC 4180; a quote that never closes spoils its own line only. Blank lines are skipped.
/// The buffer never grows: a line that does not fit it refuses the file.
pub struct Delimited<R> {
    /// The file's name, for refusals.
    name: String,
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
    pub fn new(name: &str, from: R, delimiter: u8) -> Result<Delimited<R>, Fault> {
        let mut text = Delimited {
            name: name.to_owned(),
            from,
            delimiter,
            buffer: vec![0; LONGEST_LINE],
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
        if self.is_full() {
            return Err(LayoutRefused::LineTooLong { file: self.name.clone(), line: self.next_line }.into());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < self.buffer.len() {
            match self.from.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.finished = true;
                    break;
                }
                Ok(read) => self.end += read,
                Err(error) => return Err(self.broken(error)),
            }
        }
        Ok(())
    }

    /// Whether one line takes up the whole buffer.
    fn is_full(&self) -> bool {
        self.start == 0 && self.end == self.buffer.len()
    }

    /// What a damaged or endless packed file does to its reader is a refusal; a broken disk is a fault.
    fn broken(&self, error: std::io::Error) -> Fault {
        match error.kind() {
            ErrorKind::FileTooLarge => LayoutRefused::UnpacksTooFar { file: self.name.clone() }.into(),
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => unreadable(&self.name, error),
            _ => Fault::from(error).context(format!("reading {}", self.name)),
        }
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
            while at < LONGEST_LINE.min(self.end - self.start) {
                match self.buffer[self.start + at] {
                    b'"' => quoted = !quoted,
                    b'\n' if !quoted => return Ok(Some(self.start + at)),
                    _ => {}
                }
                at += 1;
            }
            if at == LONGEST_LINE {
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
                    None => match memchr(b'\n', &self.buffer[self.start + at..self.end]) {
                        Some(rest) => self.start + at + rest,
                        None if self.finished => self.end,
                        None => {
                            self.fill()?;
                            continue;
                        }
                    },
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
            name: String::new(),
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
    /// Text that is decoded and not handed out: `start..end`. A decoder wants room for a whole character,
    /// a reader may be asked for a single byte.
    text: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

/// Bytes decoded at once.
const RAW: usize = 1 << 16;

impl<R: Read> FromGb18030<R> {
    pub fn new(from: R) -> FromGb18030<R> {
        let decoder = GB18030.new_decoder();
        let most = decoder.max_utf8_buffer_length(RAW).expect("a block is small");
        FromGb18030 { from, decoder, raw: vec![0; RAW], text: vec![0; most], start: 0, end: 0, finished: false }
    }
}

impl<R: Read> Read for FromGb18030<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.start == self.end && !self.finished {
            let raw = self.from.read(&mut self.raw)?;
            self.finished = raw == 0;
            let (result, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..raw], &mut self.text, self.finished);
            assert_eq!(result, CoderResult::InputEmpty, "there is room for every character of a block");
            (self.start, self.end) = (0, written);
        }
        let count = to.len().min(self.end - self.start);
        to[..count].copy_from_slice(&self.text[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expect: &[(u64, &[&str])]) {
        let mut records = Delimited::new("a.csv", text, b',').unwrap();
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
        let mut whole = Delimited::new("a.csv", text.as_bytes(), b',').unwrap();
        let mut cut = Delimited::new("a.csv", text.as_bytes(), b',').unwrap();
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

    /// Endless text that counts how much of it was wanted.
    struct Endless<'a>(&'a [u8], &'a std::cell::Cell<usize>);

    impl Read for Endless<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let at = self.1.get();
            to.iter_mut().enumerate().for_each(|(place, byte)| *byte = self.0[(at + place) % self.0.len()]);
            self.1.set(at + to.len());
            Ok(to.len())
        }
    }

    #[test]
    fn a_line_without_end_is_refused_with_its_number_before_it_fills_the_memory() {
        let check = |head: &str, endless: &str| {
            let wanted = std::cell::Cell::new(0);
            let text = head.as_bytes().chain(Endless(endless.as_bytes(), &wanted));
            let mut records = Delimited::new("a.csv", text, b',').unwrap();
            let refused = loop {
                match records.advance() {
                    Ok(more) => assert!(more),
                    Err(fault) => break fault.downcast::<LayoutRefused>().unwrap(),
                }
            };
            assert_eq!(refused, LayoutRefused::LineTooLong { file: "a.csv".into(), line: 3 });
            assert!(wanted.get() <= 2 * LONGEST_LINE, "{} bytes were read", wanted.get());
        };
        check("a,b\n1,2\n", "x");
        check("a,b\n1,2\n", "x,");
        check("a,b\n1,2\n\"", "x");
        check("a,b\n1,2\n", "\"\",");
    }

    #[test]
    fn a_line_as_long_as_allowed_comes_through() {
        let long = "x".repeat(LONGEST_LINE - 3);
        check(format!("a,b\n{long},1\n2,3\n").as_bytes(), &[(2, &[&long, "1"]), (3, &["2", "3"])]);
        let open = format!("\"{}", "x".repeat(LONGEST_LINE - 9));
        let text = format!("a,b\n{open},1\n2,3\n{}", "4,5\n".repeat(LONGEST_LINE / 2));
        let mut records = Delimited::new("a.csv", text.as_bytes(), b',').unwrap();
        assert!(records.advance().unwrap());
        assert_eq!(records.field(0), open.as_bytes(), "a quote that never closes spoils its own line only");
        assert!(records.advance().unwrap());
        assert_eq!((records.line(), records.field(1)), (3, &b"3"[..]));
    }

    #[test]
    fn gb18030_becomes_utf8_however_little_is_asked_for() {
        let text = "a,b\n\u{8d37}\u{540e},1\n\u{1f600}\u{fffd}";
        let (bytes, _, _) = GB18030.encode(text);
        for most in 1..6 {
            let (mut from, mut found, mut some) = (FromGb18030::new(bytes.as_ref()), Vec::new(), vec![0; most]);
            loop {
                match from.read(&mut some).unwrap() {
                    0 => break,
                    read => found.extend_from_slice(&some[..read]),
                }
            }
            assert_eq!(String::from_utf8(found).unwrap(), text, "{most} bytes at a time");
        }
    }
}
