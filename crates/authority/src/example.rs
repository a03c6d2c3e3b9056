//! People, posts and cases of a small lender in one line each, for the tests of this room.

use crate::branch::BranchPath;
use crate::delegation::Delegation;
use crate::permission::Institution;
use crate::role::{BranchLevel, Role};
use crate::rules::AuthorityRules;
use crate::scope::Target;
use crate::staff::{Employment, Post, Staff};
use crate::use_case::UseCase;
use policy::Pack;
use std::sync::OnceLock;
use units::{Date, Moment};

/// The rules that ship, read once.
pub fn rules() -> AuthorityRules {
    static RULES: OnceLock<AuthorityRules> = OnceLock::new();
    let read = || {
        let pack = Pack::embedded("cn-collections").unwrap();
        AuthorityRules::compile(&pack.on(date("2026-06-01"))).unwrap()
    };
    RULES.get_or_init(read).clone()
}

/// The rules that ship, but for the tiers of waivers.
pub fn rules_with_waiver_tiers(tiers: &str) -> AuthorityRules {
    let draft = format!(
        "[pack]\nid = \"t\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\nextends = \"cn-collections\"\n[[rule]]\n\
         id = \"limit.waiver\"\nkind = \"authority_limit\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\n\
         source = \"s\"\ncertainty = \"D\"\neffective_from = 2026-01-01\n\
         params = {{ decision = \"waiver\", valid_days = 10, sign_within_days = 3, tiers = [{tiers}] }}\n"
    );
    let pack = Pack::parse(&[("t.toml", draft)]).unwrap();
    AuthorityRules::compile(&pack.on(date("2026-06-01"))).unwrap()
}

pub fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap_or_else(|| panic!("{text:?} is no moment"))
}

fn part(text: &str, name: &str) -> Option<String> {
    text.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned)
}

/// `collector H/B1 team=T1 from=… until=…`
pub fn post(text: &str) -> Post {
    let mut words = text.split(' ');
    let role = Role::from_code(words.next().unwrap()).unwrap_or_else(|| panic!("{text:?} begins with no role"));
    let path = words.next().unwrap();
    Post {
        role,
        branch: BranchPath::from_stored(path),
        level: [BranchLevel::HeadOffice, BranchLevel::Branch, BranchLevel::SubBranch][path.matches('/').count()],
        team_id: part(text, "team="),
        from: part(text, "from=").map_or(date("2020-01-01"), |day| date(&day)),
        until: part(text, "until=").map(|day| date(&day)),
    }
}

/// `A collector H/B1 team=T1 agency=G1 suspended`; more posts follow ` + `.
pub fn staff(text: &str) -> Staff {
    let (staff_id, posts) = text.split_once(' ').unwrap();
    let employment = text.split(' ').find_map(Employment::from_code).unwrap_or(Employment::Active);
    Staff {
        staff_id: staff_id.to_owned(),
        name: format!("name of {staff_id}"),
        agency_id: part(text, "agency="),
        employment,
        posts: posts.split(" + ").map(post).collect(),
    }
}

pub fn people(lines: &[&str]) -> Vec<Staff> {
    lines.iter().map(|line| staff(line)).collect()
}

/// `A>B case_view,case_list from=… until=… revoked=…`
pub fn delegation(text: &str) -> Delegation {
    let mut words = text.split(' ');
    let (from_staff, to_staff) = words.next().unwrap().split_once('>').unwrap();
    let use_cases = words.next().unwrap().split(',').filter_map(UseCase::from_code).collect();
    let day = |name| part(text, name).map(|day| date(&day));
    Delegation {
        delegation_id: text.split(' ').next().unwrap().to_owned(),
        from_staff: from_staff.to_owned(),
        to_staff: to_staff.to_owned(),
        use_cases,
        from: day("from=").unwrap_or(date("2026-06-01")),
        until: day("until=").unwrap_or(date("2026-06-14")),
        revoked_on: day("revoked="),
    }
}

/// `owner=A team=T1 branch=H/B1 agency=G1`; empty for the institution.
pub fn target(text: &str) -> Target {
    Target {
        owner: part(text, "owner="),
        team: part(text, "team="),
        branch: BranchPath::from_stored(part(text, "branch=").unwrap_or_default()),
        agency: part(text, "agency="),
    }
}

pub fn institution<'a>(
    rules: &'a AuthorityRules,
    staff: &'a [Staff],
    delegations: &'a [Delegation],
    today: &str,
) -> Institution<'a> {
    Institution { rules, staff, delegations, away: &[], today: date(today) }
}
