//! Wrong usage, told in the language asked for.

use clap::Error;
use clap::error::{ContextKind, ErrorKind};
use glossary::{Lang, label, message};

/// Prints what is wrong with the line and where its usage is explained.
pub fn tell(problem: &Error, lang: Lang) {
    let fact = |kind| problem.get(kind).map(ToString::to_string).unwrap_or_default();
    let (argument, value) = (fact(ContextKind::InvalidArg), fact(ContextKind::InvalidValue));
    let stem = match problem.kind() {
        ErrorKind::MissingRequiredArgument => "usage_missing",
        ErrorKind::UnknownArgument => "usage_unknown",
        ErrorKind::InvalidSubcommand => "usage_command",
        ErrorKind::ArgumentConflict => "usage_conflict",
        ErrorKind::InvalidValue if value.is_empty() => "usage_no_value",
        ErrorKind::InvalidValue => "usage_value",
        ErrorKind::ValueValidation => "usage_not_valid",
        // A bare `postloan` shows its help; whatever else clap has to say it says itself.
        _ => return problem.print().unwrap_or_default(),
    };
    let facts = [
        ("argument", argument.as_str()),
        ("value", &value),
        ("choices", &fact(ContextKind::ValidValue)),
        ("command", &fact(ContextKind::InvalidSubcommand)),
        ("other", &fact(ContextKind::PriorArg)),
    ];
    let said = message(&format!("say.{stem}"), lang, &facts);
    let nearest = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg].map(fact).concat();
    eprintln!("{}", message("say.usage_error", lang, &[("problem", &said)]));
    if !nearest.is_empty() {
        eprintln!("{}", message("say.usage_nearest", lang, &[("nearest", &nearest)]));
    }
    eprintln!("{}", label("say.usage_help", lang));
}
