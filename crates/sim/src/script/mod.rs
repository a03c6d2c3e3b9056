//! Stories (故事): a `.case` text in, the same text with what really happened out.
//!
//! A story is paragraphs of commands; below `----` stands what the commands said last time. Running
//! it carries every command out through the real rules and writes down what they say now, so one
//! text is a test, a page of documentation and a drill. Pure: included texts come from a function
//! the caller gives. A malformed line is a [`Problem`] with its number, never a panic.
//!
//! Reading order: [`syntax`], [`session`] (the commands), [`define`], [`act`], [`agree`], [`tell`], [`column`].

pub mod syntax;

mod act;
mod agree;
mod column;
mod define;
mod night;
mod session;
mod table;
mod tell;

pub use session::Load;
pub use syntax::Problem;

use crate::world::World;
use session::Session;
use syntax::{RULE, paragraphs};

/// A story that was carried out (故事结果).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of the first line: Chinese, then English.
    pub title: String,
    /// The story with what its commands said this time.
    pub text: String,
    /// Where that is not what the story expects.
    pub differences: Vec<Difference>,
}

/// A paragraph that said something else than it should (出入).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of the paragraph's first command.
    pub line: usize,
    pub expected: Vec<String>,
    pub said: Vec<String>,
}

/// The longest story, in bytes: thirty screens. One longer than a screen should be two.
const LONGEST_STORY: usize = 1 << 16;
/// What its commands may say in all.
const MOST_LINES: usize = 10_000;

/// Carries a story out. `load` gives the text of a file the story uses.
pub fn tell(text: &str, load: Load) -> Result<Told, Problem> {
    let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).filter(|title| !title.trim().is_empty());
    let Some(title) = title else {
        return Err(Problem { line: 1, what: "a story begins with its title: # …".to_owned() });
    };
    if text.len() > LONGEST_STORY {
        return Err(Problem { line: 1, what: format!("a story has at most {LONGEST_STORY} bytes") });
    }
    let mut session = Session::new(load);
    let (mut written, mut differences, mut lines_said) = (Vec::new(), Vec::new(), 0);
    for paragraph in paragraphs(text) {
        let mut said = Vec::new();
        for (line, command) in &paragraph.lines {
            said.extend(session.perform(*line, command)?);
            if lines_said + said.len() > MOST_LINES {
                return Err(Problem { line: *line, what: format!("a story says at most {MOST_LINES} lines") });
            }
        }
        lines_said += said.len();
        let line = paragraph.lines.first().map_or(0, |(line, _)| *line);
        if said != paragraph.expected {
            let expected = paragraph.expected.iter().map(|line| (*line).to_owned()).collect();
            differences.push(Difference { line, expected, said: said.clone() });
        }
        let mut lines: Vec<String> = paragraph.lines.iter().map(|(_, command)| (*command).to_owned()).collect();
        if !said.is_empty() {
            lines.push(RULE.to_owned());
            lines.extend(said);
        }
        written.push(lines.join("\n"));
    }
    Ok(Told { title: title.to_owned(), text: written.join("\n\n") + "\n", differences })
}

/// The facts a story without files of its own leaves behind.
pub fn world(text: &str) -> Result<World, Problem> {
    let mut session = Session::new(&|_| None);
    for (line, command) in paragraphs(text).iter().flat_map(|paragraph| &paragraph.lines) {
        session.perform(*line, command)?;
    }
    Ok(session.world)
}

impl std::fmt::Display for Difference {
    /// The two texts under each other, lines that differ marked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "line {}:", self.line)?;
        for row in 0..self.expected.len().max(self.said.len()) {
            match (self.expected.get(row), self.said.get(row)) {
                (Some(expected), Some(said)) if expected == said => writeln!(f, "    {said}")?,
                (expected, said) => {
                    expected.iter().try_for_each(|line| writeln!(f, "  - {line}"))?;
                    said.iter().try_for_each(|line| writeln!(f, "  + {line}"))?;
                }
            }
        }
        Ok(())
    }
}
