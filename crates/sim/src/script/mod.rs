//! Stories (故事): a `.case` text in, the same text with what really happened out.

pub mod define;
pub mod syntax;
pub mod table;
