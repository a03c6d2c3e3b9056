//! The pack of casework, compiled for a day.

use crate::failure::Outcome;
use crate::workspace::{Open, PackText, refused_pack};
use authority::{AuthorityRules, Role};
use casework::language::LanguageRules;
use casework::script::{Script, scripts};
use casework::tactic::Tactics;
use casework::{CaseRules, ContactRules};
use disposal::clock::ClockRules;
use policy::{Pack, PackOnDate, PackProblem, working_calendar};
use std::collections::BTreeMap;
use units::{Calendar, Date};

/// Everything the casework pack says on a day (清收作业政策).
pub struct CaseworkRules {
    /// `id@version`.
    pub pack: String,
    /// What they were compiled from.
    pub text: PackText,
    pub on: Date,
    pub cases: CaseRules,
    pub gate: ContactRules,
    pub language: LanguageRules,
    pub scripts: Vec<Script>,
    pub tactics: Tactics,
    pub clocks: ClockRules,
    pub authority: AuthorityRules,
    /// Statutory holidays: the last day of a period moves off them.
    pub calendar: Calendar,
    titles: BTreeMap<String, (String, String)>,
}

impl CaseworkRules {
    /// The pack the workspace names, on a day; every problem is told.
    pub fn load(open: &Open, on: Date) -> Outcome<CaseworkRules> {
        Self::compile(open.pack_text(Some(&open.config.casework_pack))?, on)
    }

    fn compile(text: PackText, on: Date) -> Outcome<CaseworkRules> {
        let pack = text.parse()?;
        let day: PackOnDate = pack.on(on);
        let mut problems: Vec<PackProblem> = Vec::new();
        fn keep<T>(read: Result<T, Vec<PackProblem>>, problems: &mut Vec<PackProblem>) -> Option<T> {
            read.map_err(|found| problems.extend(found)).ok()
        }
        let cases = keep(CaseRules::compile(&day), &mut problems);
        let is_post = |code: &str| Role::from_code(code).is_some();
        let cases = cases.filter(|cases| keep(cases.targets.known_posts(&day, is_post).map_err(|problem| vec![problem]), &mut problems).is_some());
        let gate = keep(ContactRules::compile(&day), &mut problems);
        let language = keep(LanguageRules::compile(&day), &mut problems);
        let scripts = keep(scripts(&day), &mut problems);
        let tactics = keep(Tactics::compile(&day), &mut problems);
        let clocks = keep(ClockRules::compile(&day).map_err(|problem| vec![problem]), &mut problems);
        let authority = keep(AuthorityRules::compile(&day), &mut problems);
        let (Some(cases), Some(gate), Some(language), Some(scripts), Some(tactics), Some(clocks), Some(authority)) =
            (cases, gate, language, scripts, tactics, clocks, authority)
        else {
            return refused_pack(&pack.name(), &problems);
        };
        let calendar = holidays()?;
        let titles = pack.rules().iter().map(|rule| (rule.id.clone(), (rule.title_zh.clone(), rule.title_en.clone()))).collect();
        Ok(CaseworkRules { pack: pack.name(), text, on, cases, gate, language, scripts, tactics, clocks, authority, calendar, titles })
    }

    /// What a rule is called, in Chinese and English.
    pub fn title(&self, rule_id: &str) -> Option<(&str, &str)> {
        self.titles.get(rule_id).map(|(zh, en)| (zh.as_str(), en.as_str()))
    }
}

fn holidays() -> Outcome<Calendar> {
    let pack = Pack::embedded("calendar-cn").or_else(|problems| refused_pack("calendar-cn", &problems))?;
    working_calendar(&pack).or_else(|problems| refused_pack("calendar-cn", &problems))
}
