//! A pack's rules of language, compiled once and then asked for every text.

use super::context::{Guard, Reach};
use super::phrase::{Distances, Lexicon, LexiconBuilder};
use super::text::{Fold, FoldText};
use super::{SpeechCategory, SpeechFact, SpeechSeverity};
use policy::{PackOnDate, PackProblem, Rule, RuleKind, read};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Everything a pack says about language on one day (语言规则).
#[derive(Clone, Debug)]
pub struct LanguageRules {
    pub(super) fold: Fold,
    pub(super) lexicon: Lexicon,
    pub(super) reach: Reach,
    /// What each phrase of the lexicon is for, by its number.
    pub(super) uses: Vec<Use>,
    pub(super) categories: Vec<CategoryRule>,
}

/// What a phrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Not to be said; the category's place in the rules.
    Forbidden {
        category: usize,
        unless: Option<SpeechFact>,
        firmness: Firmness,
    },
    /// Words of the category within it are meant well.
    Exception {
        category: usize,
    },
    Guard(Guard),
}

/// Whether the words around may excuse a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Firmness {
    /// A denial, report or warning excuses it.
    Excusable,
    /// It holds a denial itself, like 不得安宁; only a report or warning excuses it.
    Firm,
}

/// One category of what is not said (禁语类别), with the rule it stands in.
#[derive(Clone, Debug)]
pub(super) struct CategoryRule {
    pub category: SpeechCategory,
    pub severity: SpeechSeverity,
    pub rule_id: String,
    pub article: String,
}

/// The three shapes of a rule of kind `language`.
#[derive(Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
enum Part {
    /// How texts are read: characters, distances, lists of words.
    Reading(ReadingText),
    /// What around words excuses them.
    Context(ContextText),
    Category(CategoryText),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingText {
    near: usize,
    far: usize,
    lists: BTreeMap<String, Vec<String>>,
    fold: FoldText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextText {
    reach: Reach,
    guards: Vec<GuardText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardText {
    does: Guard,
    phrases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryText {
    #[serde(deserialize_with = "read::code")]
    category: SpeechCategory,
    #[serde(deserialize_with = "read::code")]
    severity: SpeechSeverity,
    phrases: Vec<String>,
    /// Phrases that hold a denial themselves.
    #[serde(default)]
    firm: Vec<String>,
    /// Phrases that are true and lawful once a fact is confirmed.
    #[serde(default)]
    unless: Vec<UnlessText>,
    #[serde(default)]
    exceptions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlessText {
    #[serde(deserialize_with = "read::code")]
    fact: SpeechFact,
    phrases: Vec<String>,
}

/// A reach or distance beyond this would excuse, or forbid, whole pages.
const FARTHEST: usize = 100;

impl LanguageRules {
    /// Reads every rule of language in force on the pack's day; reports every problem.
    pub fn compile(pack: &PackOnDate) -> Result<LanguageRules, Vec<PackProblem>> {
        let mut problems = Vec::new();
        let mut parts: Vec<(&Rule, Part)> = Vec::new();
        for (_, rule) in pack.all(RuleKind::Language) {
            match rule.params::<Part>() {
                Ok(part) => parts.push((rule, part)),
                Err(problem) => problems.push(problem),
            }
        }
        let reading = only(&parts, "reading", |part| if let Part::Reading(text) = part { Some(text) } else { None });
        let context = only(&parts, "context", |part| if let Part::Context(text) = part { Some(text) } else { None });
        let missing =
            |what: &str| pack.pack.problem(what, "give the pack one rule of kind language for each of these parts");
        let ((reading_rule, reading), (context_rule, context)) = match (reading, context) {
            (Ok(reading), Ok(context)) => (reading, context),
            (reading, context) => {
                problems.extend([reading.err(), context.err()].into_iter().flatten().map(|what| missing(&what)));
                return Err(problems);
            }
        };
        for (rule, length) in [
            (reading_rule, reading.near),
            (reading_rule, reading.far),
            (context_rule, context.reach.denial),
            (context_rule, context.reach.report),
            (context_rule, context.reach.warning),
        ] {
            if length > FARTHEST {
                problems.push(rule.problem(format!("reaches {length} characters"), format!("at most {FARTHEST}")));
            }
        }
        let fold = match reading.fold.compile() {
            Ok(fold) => fold,
            Err(what) => {
                problems.push(reading_rule.problem(what, "correct the table of characters"));
                Fold::default()
            }
        };
        let mut gathered = Gathered {
            lists: &reading.lists,
            fold: &fold,
            builder: LexiconBuilder::default(),
            uses: Vec::new(),
            problems,
        };
        let categories = gathered.all(&parts);
        let Gathered { builder, uses, mut problems, .. } = gathered;
        let lexicon = builder.build(Distances { near: reading.near, far: reading.far });
        match lexicon {
            Ok(lexicon) if problems.is_empty() => {
                Ok(LanguageRules { lexicon, reach: context.reach, uses, categories, fold: fold.clone() })
            }
            Ok(_) => Err(problems),
            Err(what) => {
                problems.push(reading_rule.problem(what, "use fewer words"));
                Err(problems)
            }
        }
    }
}

/// The one rule of a part; `Err` says how many there are.
fn only<'a, T>(
    parts: &'a [(&'a Rule, Part)],
    name: &str,
    pick: impl Fn(&'a Part) -> Option<&'a T>,
) -> Result<(&'a Rule, &'a T), String> {
    let found: Vec<(&Rule, &T)> = parts.iter().filter_map(|(rule, part)| Some((*rule, pick(part)?))).collect();
    match found[..] {
        [one] => Ok(one),
        _ => Err(format!("{} rules of kind language with part {name} are in force", found.len())),
    }
}

/// Phrases on their way into the lexicon.
struct Gathered<'a> {
    lists: &'a BTreeMap<String, Vec<String>>,
    fold: &'a Fold,
    builder: LexiconBuilder,
    uses: Vec<Use>,
    problems: Vec<PackProblem>,
}

impl Gathered<'_> {
    fn all(&mut self, parts: &[(&Rule, Part)]) -> Vec<CategoryRule> {
        let mut categories = Vec::new();
        for (rule, part) in parts {
            match part {
                Part::Reading(_) => {}
                Part::Context(context) => {
                    for guard in &context.guards {
                        self.add(rule, &guard.phrases, Use::Guard(guard.does));
                    }
                }
                Part::Category(text) => {
                    self.category(rule, text, categories.len());
                    categories.push(CategoryRule {
                        category: text.category,
                        severity: text.severity,
                        rule_id: rule.id.clone(),
                        article: rule.provenance.article.clone(),
                    });
                }
            }
        }
        categories
    }

    fn category(&mut self, rule: &Rule, text: &CategoryText, category: usize) {
        let forbidden = |unless, firmness| Use::Forbidden { category, unless, firmness };
        self.add(rule, &text.phrases, forbidden(None, Firmness::Excusable));
        self.add(rule, &text.firm, forbidden(None, Firmness::Firm));
        for unless in &text.unless {
            self.add(rule, &unless.phrases, forbidden(Some(unless.fact), Firmness::Excusable));
        }
        self.add(rule, &text.exceptions, Use::Exception { category });
    }

    fn add(&mut self, rule: &Rule, phrases: &[String], with: Use) {
        for phrase in phrases {
            match self.builder.add(phrase, self.lists, self.fold) {
                Ok(()) => self.uses.push(with),
                Err(what) => self.problems.push(rule.problem(what, "correct this phrase")),
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use policy::Pack;
    use units::Date;

    /// The rules of language of the pack that ships.
    pub fn rules() -> LanguageRules {
        let pack = Pack::embedded("cn-collections").expect("the pack reads");
        LanguageRules::compile(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).expect("its language compiles")
    }

    /// The problems of a draft that changes the rule of a part to these params.
    fn problems(rule_id: &str, params: &str) -> Vec<String> {
        let text = format!(
            "[pack]\nid = 'draft'\nversion = '1'\ntitle_zh = 'a'\ntitle_en = 'a'\nextends = 'cn-collections'\n[[rule]]\n\
             id = '{rule_id}'\nkind = 'language'\ntitle_zh = 'a'\ntitle_en = 'a'\narticle = 'a'\nsource = 'a'\n\
             certainty = 'D'\neffective_from = 2000-01-01\n[rule.params]\n{params}"
        );
        let pack = Pack::parse(&[("draft.toml", text)]).expect("the draft reads");
        let refused = LanguageRules::compile(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).unwrap_err();
        refused.into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn every_category_of_the_room_stands_in_the_pack_once() {
        let mut categories: Vec<SpeechCategory> = rules().categories.iter().map(|rule| rule.category).collect();
        categories.sort_unstable();
        assert_eq!(categories, SpeechCategory::ALL);
    }

    #[test]
    fn a_pack_that_cannot_be_read_says_where() {
        let check = |rule_id: &str, params: &str, expect: &str| assert_eq!(problems(rule_id, params)[0], expect);
        let reading = "part = 'reading'\nnear = 1\nfar = 2\nlists = {}\nfold = { traditional = '', alike = [] }";
        check("language.again", reading, "2 rules of kind language with part reading are in force");
        let far = "part = 'context'\nreach = { denial = 1, report = 101, warning = 1 }\nguards = []";
        check("language.context", far, "reaches 101 characters");
        let category = "part = 'category'\ncategory = 'insult'\nseverity = 'block'\nphrases = ['a @nobody']";
        check("language.insult", category, "no list is called \"nobody\"");
    }
}
