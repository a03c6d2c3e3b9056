//! What differs between two packs, or between two days of one.

use crate::effective::PackOnDate;
use crate::rule::Rule;
use units::coded;

coded! {
    /// How a rule differs (规则差异).
    Change {
        Added = "added",
        Removed = "removed",
        /// It binds others, or with other figures.
        Changed = "changed",
        /// It binds as before; its wording, source or signature differs.
        Reworded = "reworded",
    }
}

/// One rule on both sides (规则对照); at least one side is there.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    pub change: Change,
    pub before: Option<&'a Rule>,
    pub after: Option<&'a Rule>,
}

/// The rules that differ: those of `before` in its order, then what `after` adds.
pub fn compare<'a>(before: &PackOnDate<'a>, after: &PackOnDate<'a>) -> Vec<Compared<'a>> {
    let find = |pack: &PackOnDate<'a>, id: &str| pack.rules().map(|(_, rule)| rule).find(|rule| rule.id == id);
    let mut compared = Vec::new();
    for (_, rule) in before.rules() {
        let other = find(after, &rule.id);
        let change = match other {
            None => Change::Removed,
            Some(other) if !binds_alike(rule, other) => Change::Changed,
            Some(other) if !reads_alike(rule, other) => Change::Reworded,
            Some(_) => continue,
        };
        compared.push(Compared { change, before: Some(rule), after: other });
    }
    let added = after.rules().map(|(_, rule)| rule).filter(|rule| find(before, &rule.id).is_none());
    compared.extend(added.map(|rule| Compared { change: Change::Added, before: None, after: Some(rule) }));
    compared
}

fn binds_alike(one: &Rule, two: &Rule) -> bool {
    one.kind == two.kind && one.applies_to == two.applies_to && one.params == two.params
}

fn reads_alike(one: &Rule, two: &Rule) -> bool {
    one.title_zh == two.title_zh && one.title_en == two.title_en && one.provenance == two.provenance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use units::Date;

    const BASE: &str = r#"
[pack]
id = "p"
version = "1"
title_zh = "x"
title_en = "p"
"#;

    fn pack(rules: &[(&str, &str, &str)]) -> Pack {
        let rule = |(id, article, days): &(&str, &str, &str)| {
            format!(
                "[[rule]]\nid = \"{id}\"\nkind = \"grace\"\ntitle_zh = \"x\"\ntitle_en = \"x\"\narticle = \"{article}\"\nsource = \"x\"\n\
                 certainty = \"D\"\neffective_from = 2020-01-01\nparams.days = {days}\n"
            )
        };
        let text = BASE.to_owned() + &rules.iter().map(rule).collect::<String>();
        Pack::parse(&[("p.toml", text)]).unwrap()
    }

    #[test]
    fn rules_are_compared_by_identity_whatever_their_order() {
        let day = Date::parse("2026-01-01").unwrap();
        let before = pack(&[("a", "1", "0"), ("b", "1", "0"), ("c", "1", "0"), ("d", "1", "0")]);
        let after = pack(&[("e", "1", "0"), ("d", "1", "0"), ("c", "2", "0"), ("b", "1", "3")]);
        let (one, two) = (before.on(day), after.on(day));
        let told: Vec<String> = compare(&one, &two)
            .iter()
            .map(|row| format!("{} {}", row.before.or(row.after).unwrap().id, row.change.code()))
            .collect();
        assert_eq!(told, ["a removed", "b changed", "c reworded", "e added"]);
        assert!(compare(&one, &one).is_empty());
        assert_eq!(after.rules()[3].params_text(), "days = 3\n");
    }
}
