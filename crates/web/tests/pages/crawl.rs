//! Everybody follows every link of every page they reach: none leads to a refusal, and none into nothing.

use crate::book::{Bank, links};
use crate::browser::{Browser, between};
use authority::Role;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Pages of one kind that a person walks; what is alike is not walked a thousand times.
const OF_A_KIND: usize = 3;

/// An address without what differs from page to page of a kind: names with digits or a point, and the query but for the
/// tab.
fn kind_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let steps: Vec<&str> = path.split('/').map(|step| if step.contains(|letter: char| letter.is_ascii_digit() || letter == '.') { "*" } else { step }).collect();
    let tab = query.split('&').find(|word| word.starts_with("tab="));
    format!("{}?{}", steps.join("/"), tab.unwrap_or_default())
}

/// What a page must not lead to is told with where the link stood.
fn walk(person: &Browser, role: Role) -> Vec<String> {
    let mut waiting: VecDeque<(String, String)> = VecDeque::from([("/".to_owned(), "the door".to_owned())]);
    let (mut known, mut kinds, mut wrong) = (BTreeSet::from(["/".to_owned()]), BTreeMap::<String, usize>::new(), Vec::new());
    while let Some((path, from)) = waiting.pop_front() {
        let page = person.get(&path);
        let to = match page.status {
            200 => links(&page.text, "/"),
            303 => vec![page.location.clone()],
            status => {
                wrong.push(format!("{} is led from {from} to {path}, which answers {status}", role.code()));
                continue;
            }
        };
        for to in to.into_iter().map(|to| to.split('#').next().unwrap_or_default().to_owned()) {
            let leads_out = ["/lang/", "/sign-out", "/assets/"].iter().any(|begin| to.starts_with(begin));
            if leads_out || !known.insert(to.clone()) {
                continue;
            }
            let of_its_kind = kinds.entry(kind_of(&to)).or_default();
            *of_its_kind += 1;
            if *of_its_kind <= OF_A_KIND {
                waiting.push_back((to, path.clone()));
            }
        }
    }
    wrong
}

#[test]
fn no_page_leads_its_reader_to_what_is_refused() {
    let bank = Bank::new();
    let wrong: Vec<String> = bank.people.keys().flat_map(|role| walk(&bank.sign_in(*role), *role)).collect();
    assert!(wrong.is_empty(), "{} links:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_officer_sees_that_there_is_a_case_and_not_what_was_said_in_it() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let late = links(&auditor.shown("/loans?dpd_from=1&sort=-days_past_due"), "/loans/L");
    let worked = late.iter().find_map(|loan| {
        // Name and number of who lent stand last in the line of branch and officer.
        let page = auditor.shown(loan);
        let lent_by = between(&page, "</span><span>", "</span>").rsplit(' ').next()?.to_owned();
        let customer = links(&page, "/customers/").pop()?;
        let officer = bank.sign_in_as(&lent_by);
        let page = officer.get(&customer).text;
        page.contains("by who works the case:").then_some((officer, customer, page))
    });
    let (officer, customer, page) = worked.expect("a case is worked by another than who lent");
    assert!(!page.contains("href=\"/cases/"), "{page}");
    let cases = officer.shown(&format!("{customer}?tab=cases"));
    assert!(cases.contains("<td>C") && !cases.contains("href=\"/cases/"), "{cases}");
}
