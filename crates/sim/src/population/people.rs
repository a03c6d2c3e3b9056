//! Who works at the institution and who borrows from it.

use super::Scale;
use super::behaviour::Behaviour;
use super::words::{INSTITUTION, Industry, PRODUCTS, Place, Product, WORDS};
use crate::random::Random;
use units::{BranchId, CustomerId, Date, OfficerId};

/// An outlet of the institution (机构): head office, a branch or a sub-branch.
#[derive(Clone, Debug)]
pub struct Outlet {
    pub id: BranchId,
    pub name: String,
    pub parent: Option<BranchId>,
    pub place: Option<&'static Place>,
    /// Only sub-branches lend.
    pub lends: bool,
}

/// A member of staff (员工).
#[derive(Clone, Debug)]
pub struct Officer {
    pub id: OfficerId,
    pub name: String,
    /// The outlet's place in the list of outlets.
    pub outlet: usize,
    pub post: &'static str,
}

/// A borrower as the practice world knows him (借款人): what the book says and why he pays.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    /// What he first borrows under; gives his kind and scale.
    pub product: &'static Product,
    pub outlet: usize,
    pub officer: usize,
    pub place: &'static Place,
    pub town: &'static str,
    pub industry: Option<&'static Industry>,
    pub behaviour: Behaviour,
    /// The place of the customer who guarantees for this one in a circle (互保圈).
    pub guaranteed_by: Option<usize>,
}

/// Head office, branches and sub-branches, in that order.
pub fn outlets(scale: &Scale) -> Vec<Outlet> {
    let words = &*INSTITUTION;
    let head = BranchId::from("B000");
    let mut outlets = vec![Outlet {
        id: head.clone(),
        name: format!("{}{}", words.bank, words.head_office),
        parent: None,
        place: None,
        lends: false,
    }];
    let branches = &words.branches[..scale.branches.min(words.branches.len())];
    for (index, place) in branches.iter().enumerate() {
        outlets.push(Outlet {
            id: BranchId(format!("B{}00", index + 1)),
            name: format!("{}{}{}", words.bank, place.name, words.branch_suffix),
            parent: Some(head.clone()),
            place: Some(place),
            lends: false,
        });
    }
    for index in 0..scale.sub_branches {
        let branch = index % branches.len();
        outlets.push(Outlet {
            id: BranchId(format!("B{}{:02}", branch + 1, index / branches.len() + 1)),
            name: format!("{}{}{}", words.bank, words.outlets[index % words.outlets.len()], words.sub_branch_suffix),
            parent: Some(BranchId(format!("B{}00", branch + 1))),
            place: Some(&branches[branch]),
            lends: true,
        });
    }
    outlets
}

/// Staff of the lending outlets, dealt out in turn; within an outlet the posts repeat.
pub fn officers(scale: &Scale, seed: u64, outlets: &[Outlet]) -> Vec<Officer> {
    let lending: Vec<usize> = (0..outlets.len()).filter(|&index| outlets[index].lends).collect();
    let posts = &INSTITUTION.posts;
    (0..scale.officers)
        .map(|index| Officer {
            id: OfficerId(format!("E{:04}", index + 1)),
            name: person(&mut Random::stream(seed, "officer", index as u64)),
            outlet: lending[index % lending.len()],
            post: &posts[index / lending.len() % posts.len()],
        })
        .collect()
}

/// Draws customer `number`; what is drawn depends on nothing but the seed and the number.
pub fn customer(seed: u64, number: usize, outlets: &[Outlet], officers: &[Officer], days: (Date, Date)) -> Customer {
    let mut random = Random::stream(seed, "customer", number as u64);
    let product = &PRODUCTS[random.weighted(PRODUCTS.iter().map(|product| product.share))];
    // Relationship managers, the first of the posts, keep the borrowers.
    let officer = loop {
        let officer = random.below(officers.len() as u64) as usize;
        if officers[officer].post == INSTITUTION.posts[0] {
            break officer;
        }
    };
    let outlet = officers[officer].outlet;
    let place = outlets[outlet].place.expect("a lending outlet has a place");
    let town = random.pick(&place.towns);
    let industries = &INSTITUTION.industries;
    let industry = matches!(product.kind.as_str(), "corporate" | "micro")
        .then(|| &industries[random.weighted(industries.iter().map(|industry| industry.weight))]);
    let name = name(&mut random, product, town, industry);
    let behaviour = behaviour(&mut random, product, days);
    let id = CustomerId(format!("C{:06}", number + 1));
    Customer { id, name, product, outlet, officer, place, town, industry, behaviour, guaranteed_by: None }
}

impl Customer {
    pub fn is_company(&self) -> bool {
        matches!(self.product.kind.as_str(), "corporate" | "micro")
    }
}

/// Surname and one or two characters.
pub fn person(random: &mut Random) -> String {
    let surname = random.pick(&WORDS.surnames);
    let first = if random.chance(700) { random.pick(&WORDS.given_first).as_str() } else { "" };
    format!("{surname}{first}{}", random.pick(&WORDS.given_second))
}

fn name(random: &mut Random, product: &Product, town: &str, industry: Option<&Industry>) -> String {
    let Some(industry) = industry else { return person(random) };
    let brand = format!("{}{}", random.pick(&WORDS.brand_first), random.pick(&WORDS.brand_second));
    let suffix = if product.kind == "micro" { &WORDS.shop_suffix } else { &WORDS.company_suffix };
    format!("{town}{brand}{}{suffix}", random.pick(&industry.trades))
}

/// Troubles begin at any time of the history except its first months and last days.
fn behaviour(random: &mut Random, product: &Product, (from, through): (Date, Date)) -> Behaviour {
    let since = from + random.between(60, i64::from(through - from) - 20) as i32;
    let trouble = &product.trouble;
    let parts = [trouble.forgetful, trouble.squeezed, trouble.strategic, trouble.failing, trouble.fraudulent];
    let rest = 1000 - parts.iter().sum::<u64>();
    match random.weighted(parts.into_iter().chain([rest])) {
        0 => Behaviour::Forgetful,
        1 => Behaviour::Squeezed { since },
        2 => Behaviour::Strategic { since },
        3 => Behaviour::Failing { since },
        4 => Behaviour::Fraudulent { first_paid: random.chance(500) },
        _ if product.seasonal => Behaviour::Seasonal { harvest_month: 10 },
        _ => Behaviour::Punctual,
    }
}
