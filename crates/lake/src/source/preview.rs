//! The first rows of files nobody has mapped yet: how they are written, what they are called, what stands in them.

use super::delimited::{Delimited, FromGb18030};
use super::unpacked::Unpacked;
use super::{Columnar, EXTENSIONS, Records, Sheet, sheet};
use crate::fault::{Context, Fault};
use crate::mapping::Encoding;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a file looks like (文件预览).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub file: String,
    pub bytes: u64,
    pub encoding: Encoding,
    /// Of delimited text.
    pub delimiter: Option<char>,
    /// Of a workbook.
    pub sheet: Option<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// How much of a text is looked at to see how it is written.
const LOOKED_AT: u64 = 1 << 16;

/// The first rows of every file in a folder that an import would read, by name.
pub fn preview(folder: &Path, rows: usize) -> Result<Vec<Preview>, Fault> {
    let listing = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = listing.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>, Fault>>()?;
    paths.retain(|path| path.is_file() && EXTENSIONS.iter().any(|ending| path.to_string_lossy().ends_with(ending)));
    paths.sort();
    let mut previews = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::metadata(&path)?.len();
        let empty = Preview { file, bytes, encoding: Encoding::Utf8, delimiter: None, sheet: None, header: Vec::new(), rows: Vec::new() };
        if empty.file.ends_with(".xlsx") {
            for name in sheet::sheet_names(&path, &empty.file)? {
                let records = Sheet::open(&path, &empty.file, &name)?;
                previews.push(Preview { sheet: Some(name), ..filled(empty.clone(), records, rows)? });
            }
        } else if empty.file.ends_with(".parquet") {
            let records = Columnar::open(&path, &empty.file)?;
            previews.push(filled(empty, records, rows)?);
        } else {
            let (encoding, delimiter) = written(&path)?;
            let text = Delimited::new(&empty.file, decoded(&path, encoding)?, delimiter)?;
            previews.push(filled(Preview { encoding, delimiter: Some(char::from(delimiter)), ..empty }, text, rows)?);
        }
    }
    Ok(previews)
}

fn filled(preview: Preview, mut records: impl Records, most: usize) -> Result<Preview, Fault> {
    let mut rows = Vec::new();
    while rows.len() < most && records.advance()? {
        rows.push((0..records.width()).map(|at| String::from_utf8_lossy(records.field(at)).trim().to_owned()).collect());
    }
    Ok(Preview { header: records.header().to_vec(), rows, ..preview })
}

fn unpacked(path: &Path) -> Result<Box<dyn Read>, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let packed = file.metadata()?.len();
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    Ok(if is_packed { Box::new(Unpacked::new(MultiGzDecoder::new(file), packed)) } else { Box::new(file) })
}

fn decoded(path: &Path, encoding: Encoding) -> Result<Box<dyn Read>, Fault> {
    let raw = unpacked(path)?;
    Ok(if encoding == Encoding::Gb18030 { Box::new(FromGb18030::new(raw)) } else { raw })
}

/// Encoding and delimiter: what is no UTF-8 is GB18030; what parts the first line most often parts all.
fn written(path: &Path) -> Result<(Encoding, u8), Fault> {
    let mut head = Vec::new();
    unpacked(path)?.take(LOOKED_AT).read_to_end(&mut head)?;
    let is_utf8 = match std::str::from_utf8(&head) {
        Ok(_) => true,
        // The last character may be cut off.
        Err(error) => error.error_len().is_none(),
    };
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let times = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    let delimiter = *b"|\t;,".iter().max_by_key(|delimiter| times(delimiter)).expect("there are four");
    Ok((if is_utf8 { Encoding::Utf8 } else { Encoding::Gb18030 }, delimiter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_shows_how_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "id;name\n1; x \n2;y\n").unwrap();
        // GB18030 for two Chinese characters, then a comma.
        fs::write(folder.path().join("b.csv"), b"\xBF\xCD\xBB\xA7,id\n\xC3\xFB,7\n").unwrap();
        fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
        let seen = preview(folder.path(), 1).unwrap();
        let told: Vec<_> = seen.iter().map(|seen| (seen.file.as_str(), seen.encoding, seen.delimiter, seen.header.len(), seen.rows.len())).collect();
        assert_eq!(told, [("a.csv", Encoding::Utf8, Some(';'), 2, 1), ("b.csv", Encoding::Gb18030, Some(','), 2, 1)]);
        assert_eq!((seen[0].rows[0][1].as_str(), seen[1].header[0].as_str()), ("x", "\u{5ba2}\u{6237}"));
    }
}
