//! Language check (话术质检): what must not be said to a debtor, found before it is said or sent.
//!
//! Regulation §3.4, on the bans of §3.2 (BAN-1 … BAN-5). The words are rules of a pack; this room
//! knows how to read them: through spacing and dodged spelling ([`text`]), as words at a distance
//! ([`phrase`]), and not where they are denied, reported or warned of ([`context`]).

mod context;
mod phrase;
mod rules;
mod text;

pub use rules::LanguageRules;

use context::Surroundings;
use phrase::Found;
use rules::{Firmness, Use};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use text::Reading;
use units::coded;

coded! {
    /// What is wrong with words (禁语类别): regulation §3.4.
    SpeechCategory {
        /// To person or family (威胁人身、家人).
        Threat = "threat",
        Insult = "insult",
        /// Of an office the speaker does not hold (冒充身份).
        Impersonation = "impersonation",
        /// A suit, arrest or freeze that is none (虚假法律状态).
        FalseLegalStatus = "false_legal_status",
        /// Telling others of the debt to shame (公开羞辱).
        Exposure = "exposure",
        /// Making others pay or press (向第三人施压).
        ThirdPartyPressure = "third_party_pressure",
        /// Fees nobody agreed on, money to a private account (违规收费).
        IllegalFee = "illegal_fee",
        /// Paying with a new debt (诱导借贷).
        InducedBorrowing = "induced_borrowing",
        /// Promising what nobody may promise (虚假承诺).
        FalseRelief = "false_relief",
        /// Consequences on credit and family that do not exist (虚假征信后果).
        FalseCreditClaim = "false_credit_claim",
        /// Minutes to pay in, with consequences left open (高压时限).
        TimePressure = "time_pressure",
        Discrimination = "discrimination",
    }
}

coded! {
    /// What a finding leads to (处置级别), the gravest first.
    SpeechSeverity {
        /// Not sent, and compliance is told (拦截并上报).
        BlockAndEscalate = "block_and_escalate",
        /// Not sent (拦截).
        Block = "block",
        /// Sent if the speaker insists (提示).
        Warn = "warn",
    }
}

coded! {
    /// What legal staff have confirmed of a case, so that it may be said (已核实法律事实).
    SpeechFact {
        /// A court has taken the suit (已立案).
        SuitFiled = "suit_filed",
        /// A judgment or mediation is in force (裁判已生效).
        JudgmentInForce = "judgment_in_force",
        /// A court enforces (已进入执行).
        EnforcementApplied = "enforcement_applied",
        /// A court has frozen or sealed assets (已保全).
        AssetsPreserved = "assets_preserved",
        /// A court has listed the debtor (已列入失信被执行人名单).
        ListedByCourt = "listed_by_court",
        /// The police have opened a case (公安已立案).
        CriminalCaseFiled = "criminal_case_filed",
        /// The speaker is a licensed lawyer with a mandate (持证律师受托).
        LicensedLawyer = "licensed_lawyer",
    }
}

units::serde_by_code!(SpeechCategory, SpeechSeverity, SpeechFact);

/// Words that must not be said (质检发现).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub category: SpeechCategory,
    pub severity: SpeechSeverity,
    /// The words as they were written.
    pub words: String,
    /// Where they stand, in bytes of the text.
    pub bytes: Range<usize>,
    pub rule_id: String,
    pub article: String,
    /// The confirmed fact that would make the words true and lawful, if there is one.
    pub unless: Option<SpeechFact>,
}

/// Why a text is not sent, in order of precedence (拒绝发送原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeechRefused {
    /// Not sent, and compliance must be told.
    Escalated {
        finding: Finding,
    },
    Blocked {
        finding: Finding,
    },
}

impl SpeechRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            SpeechRefused::Escalated { .. } => "E-LN-01",
            SpeechRefused::Blocked { .. } => "E-LN-02",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let (SpeechRefused::Escalated { finding } | SpeechRefused::Blocked { finding }) = self;
        vec![
            ("words", finding.words.clone()),
            ("category", format!("speech_category.{}", finding.category.code())),
            ("rule", finding.rule_id.clone()),
            ("article", finding.article.clone()),
        ]
    }
}

/// Finds in a text what must not be said, in order of place, then of category.
///
/// A category is found once where its phrases overlap. What a confirmed fact makes true is no finding,
/// nor are words within it that another fact would make true. The time grows with the text.
pub fn check(rules: &LanguageRules, text: &str, confirmed: &BTreeSet<SpeechFact>) -> Vec<Finding> {
    let reading = Reading::of(&rules.fold, text);
    let found = rules.lexicon.find(&reading);
    let guard = |one: &Found| match rules.uses[one.phrase] {
        Use::Guard(guard) => Some((one.start()..one.end(), guard)),
        _ => None,
    };
    let surroundings = Surroundings::new(found.iter().filter_map(guard).collect());
    let mut found_of: Vec<Vec<(Range<usize>, Option<SpeechFact>)>> = vec![Vec::new(); rules.categories.len()];
    let mut meant_well: Vec<Vec<Range<usize>>> = vec![Vec::new(); rules.categories.len()];
    let mut confirmed_words: Vec<Vec<Range<usize>>> = vec![Vec::new(); rules.categories.len()];
    for one in &found {
        match rules.uses[one.phrase] {
            Use::Exception { category } => meant_well[category].push(one.start()..one.end()),
            Use::Forbidden { category, unless: Some(fact), .. } if confirmed.contains(&fact) => {
                confirmed_words[category].push(one.start()..one.end());
            }
            Use::Forbidden { category, unless, firmness } => {
                let excused = match firmness {
                    Firmness::Excusable => surroundings.excuse(&reading, one, &rules.reach),
                    Firmness::Firm => surroundings.excuse_firm(&reading, one, &rules.reach),
                };
                if !excused {
                    found_of[category].push((one.start()..one.end(), unless));
                }
            }
            Use::Guard(_) => {}
        }
    }
    let mut findings = Vec::new();
    for (place, rule) in rules.categories.iter().enumerate() {
        let mut found = std::mem::take(&mut found_of[place]);
        let (meant_well, confirmed) = (Ranges::new(&meant_well[place]), Ranges::new(&confirmed_words[place]));
        found.retain(|(tokens, unless)| !meant_well.touch(tokens) && !(unless.is_some() && confirmed.touch(tokens)));
        for (tokens, unless) in together(found) {
            let bytes = reading.written(&tokens);
            findings.push(Finding {
                category: rule.category,
                severity: rule.severity,
                words: text[bytes.clone()].to_owned(),
                bytes,
                rule_id: rule.rule_id.clone(),
                article: rule.article.clone(),
                unless,
            });
        }
    }
    findings.sort_by_key(|finding| (finding.bytes.start, finding.category));
    findings
}

/// Ranges of tokens to be asked for overlaps.
struct Ranges {
    sorted: Vec<Range<usize>>,
    longest: usize,
}

impl Ranges {
    fn new(ranges: &[Range<usize>]) -> Ranges {
        let mut sorted = ranges.to_vec();
        sorted.sort_by_key(|range| range.start);
        Ranges { longest: sorted.iter().map(|range| range.len()).max().unwrap_or(0), sorted }
    }

    fn touch(&self, tokens: &Range<usize>) -> bool {
        let first = self.sorted.partition_point(|range| range.start + self.longest < tokens.start);
        let mut near = self.sorted[first..].iter().take_while(|range| range.start < tokens.end);
        near.any(|range| tokens.start < range.end)
    }
}

/// Overlapping phrases as one. What no fact would make lawful weighs more than what one would.
fn together(mut found: Vec<(Range<usize>, Option<SpeechFact>)>) -> Vec<(Range<usize>, Option<SpeechFact>)> {
    found.sort_by_key(|(tokens, _)| (tokens.start, tokens.end));
    let mut joined: Vec<(Range<usize>, Option<SpeechFact>)> = Vec::new();
    for (tokens, unless) in found {
        match joined.last_mut() {
            Some((last, fact)) if tokens.start < last.end => {
                last.end = last.end.max(tokens.end);
                *fact = fact.and(unless);
            }
            _ => joined.push((tokens, unless)),
        }
    }
    joined
}

/// Lets a text go, with what it is warned of, or refuses it with its gravest finding.
pub fn admit(
    rules: &LanguageRules,
    text: &str,
    confirmed: &BTreeSet<SpeechFact>,
) -> Result<Vec<Finding>, SpeechRefused> {
    let findings = check(rules, text, confirmed);
    match findings.iter().min_by_key(|finding| finding.severity) {
        Some(finding) if finding.severity == SpeechSeverity::BlockAndEscalate => {
            Err(SpeechRefused::Escalated { finding: finding.clone() })
        }
        Some(finding) if finding.severity == SpeechSeverity::Block => {
            Err(SpeechRefused::Blocked { finding: finding.clone() })
        }
        _ => Ok(findings),
    }
}
