//! Personal data on the screen (脱敏): what of a field a role sees, and what a mask leaves.
//!
//! Masks follow the practice JR/T 0171-2020 recommends. A value that does not look like its kind is
//! hidden altogether, never shown by mistake.

use crate::role::Role;
use serde::Deserialize;
use std::collections::BTreeMap;
use units::coded;

coded! {
    /// A field that tells who somebody is (个人信息字段).
    PersonalField {
        Name = "name",
        Phone = "phone",
        IdentityNumber = "identity_number",
        Card = "card",
        Email = "email",
        Address = "address",
    }
}

coded! {
    /// How much of a field is seen (展示程度), from least to most.
    View {
        /// Nothing of it.
        Hidden = "hidden",
        /// Less than the usual mask: identity number first 1 and last 1, others as masked.
        Strict = "strict",
        Masked = "masked",
        Full = "full",
    }
}

units::serde_by_code!(PersonalField, View);

/// How much each role sees before anything is unmasked (个人信息展示规则), a rule of kind
/// `personal_data_view`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalDataViews {
    /// For roles and fields without an entry.
    default: View,
    roles: BTreeMap<Role, BTreeMap<PersonalField, View>>,
    address: AddressWords,
}

/// Where an address names a place (地址切分字词); the language is the pack's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressWords {
    /// Ends of provinces and cities.
    wider: Vec<char>,
    /// Ends of districts and counties: the last that is shown.
    district: Vec<char>,
    /// Words with such an end that are no such place; the address is hidden from them on.
    not_places: Vec<String>,
}

impl PersonalDataViews {
    /// What somebody with these roles sees of a field: the most that one of them sees.
    pub fn view(&self, roles: impl IntoIterator<Item = Role>, field: PersonalField) -> View {
        let view = |role| self.roles.get(&role).and_then(|fields| fields.get(&field)).copied();
        roles.into_iter().map(|role| view(role).unwrap_or(self.default)).max().unwrap_or(View::Hidden)
    }

    /// The field as it is shown.
    pub fn show(&self, field: PersonalField, value: &str, view: View) -> String {
        match (view, field) {
            (View::Full, _) => value.to_owned(),
            (View::Hidden, _) => HIDDEN.to_owned(),
            (View::Strict, PersonalField::IdentityNumber) => match keep(value.trim(), 3, 4) {
                hidden if hidden == HIDDEN => hidden,
                _ => keep(value.trim(), 1, 1),
            },
            (_, PersonalField::Name) => name(value),
            (_, PersonalField::Phone) => phone(value),
            (_, PersonalField::IdentityNumber) => keep(value.trim(), 3, 4),
            (_, PersonalField::Card) => card(value),
            (_, PersonalField::Email) => email(value),
            (_, PersonalField::Address) => address(value, &self.address),
        }
    }
}

const HIDDEN: &str = "***";
/// A mask that leaves less than so many characters hidden could be guessed.
const LEAST_HIDDEN: usize = 4;

/// The first and last characters, a star for each between; nothing when too little would be hidden.
fn keep(value: &str, first: usize, last: usize) -> String {
    let letters: Vec<char> = value.chars().collect();
    if letters.len() < first + last + LEAST_HIDDEN {
        return HIDDEN.to_owned();
    }
    let kept =
        |(place, letter): (usize, &char)| if place < first || place >= letters.len() - last { *letter } else { '*' };
    letters.iter().enumerate().map(kept).collect()
}

/// The family name's first character; a star for each other.
fn name(value: &str) -> String {
    let mut letters = value.trim().chars();
    match letters.next() {
        Some(first) => std::iter::once(first).chain(letters.map(|_| '*')).collect(),
        None => String::new(),
    }
}

/// `138****5678`; a landline, or a number of another country, shows its last four digits.
fn phone(value: &str) -> String {
    let digits = digits(value);
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).unwrap_or(&digits);
    match national.len() {
        11 if national.starts_with('1') => keep(national, 3, 4),
        _ => keep(&digits, 0, 4),
    }
}

/// `6222 **** **** 1234`: the issuer and the last four, whatever the length.
fn card(value: &str) -> String {
    let digits = digits(value);
    match digits.len() {
        12..=19 => format!("{} **** **** {}", &digits[..4], &digits[digits.len() - 4..]),
        _ => HIDDEN.to_owned(),
    }
}

/// `a***@x.com`
fn email(value: &str) -> String {
    let value = value.trim();
    match value.rsplit_once('@') {
        Some((before, domain)) if !domain.is_empty() => match before.chars().next() {
            Some(first) => format!("{first}{HIDDEN}@{domain}"),
            None => HIDDEN.to_owned(),
        },
        _ => HIDDEN.to_owned(),
    }
}

/// The longest name of a place, in characters; a longer run is a street.
const LONGEST_PLACE: usize = 8;

/// Down to the district, as far as the places can be told apart.
fn address(value: &str, words: &AddressWords) -> String {
    let mut shown = String::new();
    let mut place = String::new();
    for letter in value.trim().chars() {
        place.push(letter);
        let length = place.chars().count();
        let is_district = words.district.contains(&letter);
        if length > LONGEST_PLACE || words.not_places.iter().any(|word| place.ends_with(word)) {
            break;
        }
        if length > 1 && (is_district || words.wider.contains(&letter)) {
            shown.push_str(&std::mem::take(&mut place));
            if is_district {
                break;
            }
        }
    }
    shown + HIDDEN
}

/// Digits of any width as plain ones, in order.
fn digits(value: &str) -> String {
    let plain = |letter: char| match letter {
        '0'..='9' => Some(letter),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(letter as u32 - 0xff10, 10),
        _ => None,
    };
    value.chars().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::rules;
    use proptest::prelude::*;

    /// Chinese values stand beside the policy, not in code: `field view value shown`.
    const VALUES: &str = include_str!("../../../cases/authority/masks.txt");

    #[test]
    fn values_are_masked_as_the_table_says() {
        let views = rules().views;
        let rows = VALUES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for row in rows {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let [field, view, value, expect] = cells[..] else { panic!("{row}") };
            let (field, view) = (PersonalField::from_code(field).unwrap(), View::from_code(view).unwrap());
            assert_eq!(views.show(field, value, view), expect, "{row}");
        }
    }

    #[test]
    fn a_person_sees_what_the_widest_of_their_roles_sees() {
        let views = rules().views;
        let check = |roles: &[Role], field, expect| {
            assert_eq!(views.view(roles.iter().copied(), field), expect, "{roles:?} {field:?}");
        };
        check(&[Role::Collector], PersonalField::Name, View::Full);
        check(&[Role::Collector], PersonalField::Phone, View::Masked);
        check(&[Role::AgencyCollector], PersonalField::IdentityNumber, View::Hidden);
        check(&[Role::RiskAnalyst], PersonalField::Name, View::Masked);
        check(&[Role::RiskAnalyst, Role::Collector], PersonalField::Name, View::Full);
        check(&[], PersonalField::Name, View::Hidden);
    }

    proptest! {
        /// Whatever is entered, a mask shows at most what its rule leaves, and a wider view never less.
        #[test]
        fn a_mask_never_shows_more_than_its_rule(value in "\\PC{0,24}", number in "[0-9]{0,20}") {
            let views = rules().views;
            for &field in PersonalField::ALL {
                for value in [&value, &number] {
                    let shown = |view| views.show(field, value, view);
                    let open = |view: View| shown(view).chars().filter(|&letter| letter != '*').count();
                    let most = match field {
                        PersonalField::Name => 1,
                        PersonalField::Phone | PersonalField::IdentityNumber => 7,
                        PersonalField::Card => 8 + 3,
                        PersonalField::Email | PersonalField::Address => value.chars().count(),
                    };
                    prop_assert!(open(View::Masked) <= most, "{field:?} {value:?} {}", shown(View::Masked));
                    prop_assert!(open(View::Strict) <= open(View::Masked));
                    prop_assert_eq!(open(View::Hidden), 0);
                    prop_assert_eq!(&shown(View::Full), value);
                }
            }
        }
    }
}
