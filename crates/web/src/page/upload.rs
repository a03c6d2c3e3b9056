//! Files a form sends (multipart/form-data): the fields and the files, out of the bytes of the body.

use crate::extract::{bad_request, refusal};
use crate::page::visitor::Fields;
use crate::problem::Reply;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};

/// Where files of the book are sent to, and rules as a file; everywhere else a body is a form.
pub const PATH: &str = "/operations/upload";
pub const PACK: &str = "/packs/upload";

/// The most bytes of one upload. Larger files are put into the server's inbox.
pub const BYTES: usize = 64 << 20;

/// What came in.
#[derive(Debug, Default)]
pub struct Upload {
    pub fields: Fields,
    /// Names and contents.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Upload {
    pub async fn read(request: Request) -> Reply<Upload> {
        let boundary = boundary(request.headers()).ok_or_else(|| bad_request("multipart/form-data"))?;
        let body = to_bytes(request.into_body(), BYTES).await.map_err(|_| refusal("E-WB-05", &[]))?;
        parts(&body, &boundary).ok_or_else(|| bad_request("multipart/form-data"))
    }
}

/// What a form with files said, for the page it came from: its fields, and a file of no more than `most` bytes of text
/// as the field `text`.
pub fn typed(headers: &HeaderMap, body: &Bytes, most: usize) -> Vec<(String, String)> {
    let Some(Upload { mut fields, files }) = boundary(headers).and_then(|boundary| parts(body, &boundary)) else { return Vec::new() };
    let text = files.into_iter().next().filter(|(_, bytes)| bytes.len() <= most).and_then(|(_, bytes)| String::from_utf8(bytes).ok());
    fields.0.extend(text.map(|text| ("text".to_owned(), text)));
    fields.0
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    kind.starts_with("multipart/form-data").then(|| boundary.trim_matches('"').to_owned())
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}

/// The parts between the boundaries; `None` for what is no such body.
fn parts(body: &Bytes, boundary: &str) -> Option<Upload> {
    let mut upload = Upload::default();
    let opening = format!("--{boundary}");
    let closing = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes())?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let head = find(part, b"\r\n\r\n")?;
        let content = &part[head + 4..];
        let end = find(content, closing.as_bytes())?;
        let (name, file) = named(std::str::from_utf8(&part[..head]).ok()?)?;
        match file {
            Some(file) => upload.files.push((file, content[..end].to_vec())),
            None => upload.fields.0.push((name, String::from_utf8(content[..end].to_vec()).ok()?)),
        }
        rest = &content[end + closing.len()..];
    }
    rest.starts_with(b"--").then_some(upload)
}

/// The field's name, and the file's without the folders it lay in.
fn named(head: &str) -> Option<(String, Option<String>)> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let value = |name: &str| {
        let (_, after) = line.split_once(&format!("; {name}=\""))?;
        Some(after.split('"').next().unwrap_or_default().to_owned())
    };
    let file = value("filename").map(|path| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
    Some((value("name")?, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_files_is_taken_apart() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\nt\r\n--b\r\nContent-Disposition: form-data; name=\"files\"; \
                    filename=\"C:\\x\\loans.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n\r\n--b--\r\n";
        let upload = parts(&Bytes::from(body), "b").unwrap();
        assert_eq!(upload.fields.get("_csrf"), "t");
        assert_eq!(upload.files, [("loans.csv".to_owned(), b"a,b\r\n1,2\r\n".to_vec())]);
        for broken in ["", "--c\r\n", "--b\r\nno head", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nendless"] {
            assert!(parts(&Bytes::from(broken), "b").is_none(), "{broken}");
        }
    }
}
