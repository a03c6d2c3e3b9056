//! Packed files: how far one may unpack. A few kilobytes can be made to unpack to terabytes, so what
//! comes out is counted while it comes out; what a file says of its own sizes is not believed.

use crate::fault::Fault;
use crate::mapping::LayoutRefused;
use crate::source::{hostile, unreadable};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;
use zip::ZipArchive;

/// Tables of text shrink ten to fifty times; nobody's shrinks more often than this.
const MOST_TIMES: u64 = 200;
/// Small files may unpack as they like.
const FREE: u64 = 1 << 24;
/// All parts of a workbook together: ten full columns of a million rows.
const WORKBOOK: u64 = 1 << 29;
/// The part that names number formats: a reader copies a format for every style that uses it.
const STYLES: u64 = 1 << 21;
/// The longest piece of markup in it; people's are a tenth of that.
const STYLES_PIECE: usize = 1 << 10;

/// A reader that stops when far more comes out than went in (解压限额).
pub struct Unpacked<R> {
    from: R,
    /// Bytes that may still come out.
    left: u64,
}

impl<R> Unpacked<R> {
    pub fn new(from: R, packed: u64) -> Unpacked<R> {
        Unpacked { from, left: (packed.saturating_mul(MOST_TIMES)).max(FREE) }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.left = self.left.checked_sub(read as u64).ok_or(ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// Unpacks a workbook once and throws it away, to know that it can be read for good: how large it is,
/// and that no part promises its reader more than it holds.
pub fn check_workbook(path: &Path, name: &str) -> Result<(), Fault> {
    let file = File::open(path)?;
    let packed = file.metadata()?.len();
    let mut left = packed.saturating_mul(MOST_TIMES).clamp(FREE, WORKBOOK);
    let mut archive = hostile(name, || ZipArchive::new(BufReader::new(file)))?;
    for at in 0..archive.len() {
        let mut part = hostile(name, || archive.by_index(at))?;
        let styles = hostile(name, || part.name().map(|part| part.to_ascii_lowercase().ends_with("styles.xml")))?;
        let mut look = Look { styles, ..Look::default() };
        let mut block = vec![0; 1 << 16];
        loop {
            let read = hostile(name, || part.read(&mut block))?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or_else(|| LayoutRefused::UnpacksTooFar { file: name.to_owned() })?;
            look.at(&block[..read]).map_err(|problem| unreadable(name, problem))?;
        }
        look.finish().map_err(|problem| unreadable(name, problem))?;
    }
    Ok(())
}

/// What is to be seen of one part while it goes by.
#[derive(Default)]
struct Look {
    styles: bool,
    bytes: u64,
    /// How many texts the part says it holds: its reader makes room for all of them at once.
    texts: u64,
    /// The end of the block before, in case a word began in it.
    before: Vec<u8>,
    piece: usize,
}

/// The attribute that says so, and its longest spelling with a number behind it.
const TEXTS: &[u8] = b"uniqueCount";
const LONGEST_WORD: usize = 64;
/// `<t/>` and its kin: a text takes no fewer bytes.
const SHORTEST_TEXT: u64 = 4;

impl Look {
    fn at(&mut self, block: &[u8]) -> Result<(), &'static str> {
        if self.bytes == 0 && !is_utf8_markup(block) {
            return Err("its text is not in UTF-8");
        }
        self.bytes += block.len() as u64;
        let mut seen = std::mem::take(&mut self.before);
        seen.extend_from_slice(block);
        for at in memchr::memmem::find_iter(&seen, TEXTS) {
            let said = &seen[at + TEXTS.len()..];
            let digits = match said {
                [b'=', b'"' | b'\'', digits @ ..] => digits,
                // Nobody writes a blank there, and a number behind blanks is one we would not see.
                [b'=' | b' ' | b'\t' | b'\r' | b'\n', _, ..] => return Err("it writes uniqueCount as nobody does"),
                _ => continue,
            };
            let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
            let number = digits.fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
            self.texts = self.texts.max(number);
        }
        seen.drain(..seen.len().saturating_sub(LONGEST_WORD));
        self.before = seen;
        if self.styles {
            self.look_at_styles(block)?;
        }
        Ok(())
    }

    fn look_at_styles(&mut self, block: &[u8]) -> Result<(), &'static str> {
        for byte in block {
            self.piece = if *byte == b'<' { 0 } else { self.piece + 1 };
            if self.piece > STYLES_PIECE {
                return Err("a cell format is longer than any program makes it");
            }
        }
        if self.bytes > STYLES { Err("it holds more cell formats than any program makes") } else { Ok(()) }
    }

    fn finish(&self) -> Result<(), &'static str> {
        let possible = self.bytes / SHORTEST_TEXT;
        if self.texts > possible { Err("it says that it holds more texts than there is room for") } else { Ok(()) }
    }
}

/// Markup in another encoding than UTF-8 could hide a word from us; no program writes workbooks so.
fn is_utf8_markup(block: &[u8]) -> bool {
    let head = &block[..block.len().min(256)];
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || head.starts_with(b"<\0") || head.starts_with(b"\0<") {
        return false;
    }
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declaration = head.split_once("?>").filter(|(declaration, _)| declaration.contains("<?xml"));
    declaration.is_none_or(|(declaration, _)| !declaration.contains("encoding") || declaration.contains("utf-8"))
}
