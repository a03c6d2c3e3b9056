//! A Rust file with its comments and texts told apart from its code.
//!
//! Not a parser: one pass that knows comments, strings and characters, which is all the checks need.

use super::Finding;
use std::ops::Range;

/// A Rust file, ready to be looked at.
pub struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
    /// The text, byte for byte as long, with the inside of comments and strings blanked.
    pub code: String,
    /// Every string and character literal: where it opens, and its content as written.
    pub literals: Vec<(usize, &'a str)>,
    line_starts: Vec<usize>,
    /// Byte ranges compiled for tests only.
    tests: Vec<Range<usize>>,
}

/// A function: its name and the lines from `fn` to the closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function<'a> {
    pub name: &'a str,
    pub first_line: usize,
    pub last_line: usize,
}

impl<'a> Source<'a> {
    pub fn new(path: &'a str, text: &'a str) -> Source<'a> {
        let (code, literals) = mask(text);
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut source = Source { path, text, code, literals, line_starts, tests: Vec::new() };
        source.tests = source.find_tests();
        source
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= at)
    }

    /// What a check has found at a byte offset.
    pub fn finding(&self, rule: &'static str, at: usize, subject: &str, fix: impl Into<String>) -> Finding {
        Finding::new(rule, self.path, self.line(at), subject, fix)
    }

    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// Every identifier and keyword of the code with its offset.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let bytes = self.code.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < bytes.len() && !is_word(bytes[at]) {
                at += 1;
            }
            let start = at;
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            (start < at).then(|| (start, &self.code[start..at]))
        })
        .filter(|(_, word)| !word.starts_with(|first: char| first.is_ascii_digit()))
    }

    pub fn functions(&self) -> Vec<Function<'_>> {
        let mut found = Vec::new();
        let mut words = self.words();
        while let Some((at, word)) = words.next() {
            if word != "fn" {
                continue;
            }
            // `fn(u8) -> u8` is a type: no name stands right behind it.
            let Some((name_at, name)) = words.next().filter(|(name_at, _)| self.code[at + 2..*name_at].trim().is_empty())
            else {
                continue;
            };
            if let Some(body) = self.body_after(name_at) {
                found.push(Function { name, first_line: self.line(at), last_line: self.line(body.end - 1) });
            }
        }
        found
    }

    /// The block that opens after `from`, unless a `;` outside brackets comes first.
    pub fn body_after(&self, from: usize) -> Option<Range<usize>> {
        let mut depth = 0;
        for (at, byte) in self.code.bytes().enumerate().skip(from) {
            match byte {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                b'{' => return Some(at..closing(&self.code, at)?),
                b';' if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    fn find_tests(&self) -> Vec<Range<usize>> {
        if self.path.contains("/tests/") || self.path.ends_with("tests.rs") {
            return std::iter::once(0..self.text.len()).collect();
        }
        let marks = self.code.match_indices("#[cfg(test)]");
        marks.filter_map(|(at, mark)| Some(at..self.body_after(at + mark.len())?.end)).collect()
    }
}

/// The end (exclusive) of the block whose `{` stands at `open`.
pub fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Blanks comments and the inside of literals, and collects the literals.
fn mask(text: &str) -> (String, Vec<(usize, &str)>) {
    let mut code = text.as_bytes().to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (inside, end) = if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            (at..end, end)
        } else if rest.starts_with("/*") {
            let end = at + block_comment(rest);
            (at..end, end)
        } else if let Some((inside, end)) = literal(text, at) {
            literals.push((at, &text[inside.clone()]));
            (inside, end)
        } else {
            at += first.len_utf8();
            continue;
        };
        for byte in code[inside].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
        at = end;
    }
    (String::from_utf8(code).expect("whole characters are blanked"), literals)
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The inside of the literal that opens at `at`, if one does, and where the literal ends.
fn literal(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let quoted = |open: usize, length: usize, close: usize| {
        let end = open + length;
        Some((open..end, (end + close).min(text.len())))
    };
    match text.as_bytes()[at] {
        quote @ b'"' => quoted(at + 1, until_quote(&text[at + 1..], quote), 1),
        quote @ b'\'' => {
            // `'a` without a closing quote is a lifetime.
            let mut inside = text[at + 1..].chars();
            let is_character = inside.next()? == '\\' || inside.next() == Some('\'');
            is_character.then(|| quoted(at + 1, until_quote(&text[at + 1..], quote), 1))?
        }
        b'r' if !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric() && before != 'b') => {
            let hashes = text[at + 1..].bytes().take_while(|byte| *byte == b'#').count();
            let open = at + 2 + hashes;
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = text.get(at + 1 + hashes..)?.strip_prefix('"')?;
            quoted(open, inside.find(&end).unwrap_or(inside.len()), end.len())
        }
        _ => None,
    }
}

/// The distance to the closing quote, stepping over escapes.
fn until_quote(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let check = |text: &str, code: &str, literals: &[&str]| {
            let source = Source::new("a.rs", text);
            assert_eq!(source.code, code);
            assert_eq!(source.literals.iter().map(|(_, content)| *content).collect::<Vec<_>>(), literals);
        };
        check("a // b\nc", "a     \nc", &[]);
        check("/* a /* b */ c */ d", "                  d", &[]);
        check(r#"f("a\"b", 'c', '\'')"#, r#"f("    ", ' ', '  ')"#, &[r#"a\"b"#, "c", r"\'"]);
        check(r##"r#"a"b"# + x"##, r##"r#"   "# + x"##, &["a\"b"]);
        check(r#"fn f<'a>(x: &'a str) { "" }"#, r#"fn f<'a>(x: &'a str) { "" }"#, &[""]);
        check(r#"var"b""#, r#"var" ""#, &["b"]);
        check(r#"" // no comment" x"#, r#""              " x"#, &[" // no comment"]);
    }

    #[test]
    fn functions_are_found_with_their_lines() {
        let text = "trait T {\n fn a(&self) -> [u8; 3];\n fn b() {\n  { }\n }\n}\ntype F = fn(u8) -> u8;\nfn c() {}\n";
        let source = Source::new("a.rs", text);
        let found: Vec<_> = source.functions().iter().map(|f| format!("{} {}-{}", f.name, f.first_line, f.last_line)).collect();
        assert_eq!(found, ["b 3-5", "c 8-8"]);
    }

    #[test]
    fn test_modules_are_known() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("a.rs", text);
        let tests: Vec<_> = source.words().filter(|(at, _)| source.is_test(*at)).map(|(_, word)| word).collect();
        assert_eq!(tests, ["cfg", "test", "mod", "tests", "fn", "b"]);
    }
}
