//! The names, places and products the demo institution is told with, read from `demo/*.toml`.

use loan::{DayCount, Frequency, Protection, RepaymentMethod};
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Where the institution works (机构).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    pub bank: String,
    pub head_office: String,
    pub head_region: String,
    pub branch_suffix: String,
    pub sub_branch_suffix: String,
    pub posts: Vec<String>,
    /// The role of each post, by its code.
    pub roles: Vec<String>,
    /// Number, name and role of those who are in no file of the book.
    pub officials: Vec<(String, String, String)>,
    pub outlets: Vec<String>,
    pub branches: Vec<Place>,
    pub industries: Vec<Industry>,
    /// What people write down, by occasion.
    pub notes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub name: String,
    pub region: String,
    pub towns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Industry {
    pub code: String,
    pub trades: Vec<String>,
    pub weight: u64,
}

/// The words names, addresses and notes are made of (用词).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub surnames: Vec<String>,
    pub given_first: Vec<String>,
    pub given_second: Vec<String>,
    pub brand_first: Vec<String>,
    pub brand_second: Vec<String>,
    pub company_suffix: String,
    pub shop_suffix: String,
    pub farm_occupations: Vec<String>,
    pub occupations: Vec<String>,
    pub streets: Vec<String>,
    pub street_number_suffix: String,
    pub village_suffix: String,
    pub lenders: Names,
    pub sources: BTreeMap<String, String>,
    pub memos: BTreeMap<String, String>,
    pub counterparties: BTreeMap<String, String>,
    pub owners: BTreeMap<String, String>,
    pub events: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub names: Vec<String>,
}

/// What is lent, to whom, on which terms (产品).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub code: String,
    pub kind: String,
    #[serde(default)]
    pub scale: String,
    /// Loans per thousand of the institution's loans.
    pub share: u64,
    /// Whole yuan, lowest and highest.
    pub principal: [i64; 2],
    pub round: i64,
    pub rate_ppm: [i64; 2],
    pub months: Vec<u32>,
    pub methods: Vec<Choice<RepaymentMethod>>,
    pub frequencies: Vec<Choice<Frequency>>,
    pub protections: Vec<Choice<Protection>>,
    #[serde(deserialize_with = "coded")]
    pub day_count: DayCount,
    #[serde(default)]
    pub low_risk: bool,
    #[serde(default)]
    pub seasonal: bool,
    pub purposes: Vec<String>,
    pub entrusted: u64,
    pub trouble: Trouble,
}

/// How many borrowers in a thousand do not simply pay as agreed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    pub forgetful: u64,
    pub squeezed: u64,
    pub strategic: u64,
    pub failing: u64,
    pub fraudulent: u64,
}

/// One option and its weight, written `["monthly", 9]`.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Coded"))]
pub struct Choice<T>(#[serde(deserialize_with = "coded")] pub T, pub u64);

/// An enum of the book with stable codes.
pub trait Coded: Sized {
    fn of_code(code: &str) -> Option<Self>;
}

macro_rules! coded_from_toml {
    ($($name:ident)+) => {$(
        impl Coded for $name {
            fn of_code(code: &str) -> Option<Self> {
                $name::from_code(code)
            }
        }
    )+};
}
coded_from_toml!(RepaymentMethod Frequency Protection DayCount);

fn coded<'de, D: Deserializer<'de>, T: Coded>(deserializer: D) -> Result<T, D::Error> {
    let code = String::deserialize(deserializer)?;
    T::of_code(&code).ok_or_else(|| D::Error::custom(format!("unknown code {code}")))
}

pub fn pick<'a, T>(random: &mut crate::random::Random, choices: &'a [Choice<T>]) -> &'a T {
    &choices[random.weighted(choices.iter().map(|choice| choice.1))].0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Products {
    products: Vec<Product>,
}

pub static INSTITUTION: LazyLock<Institution> =
    LazyLock::new(|| read(include_str!("../../../../demo/institution.toml")));
pub static WORDS: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../../../demo/words.toml")));
pub static PRODUCTS: LazyLock<Vec<Product>> =
    LazyLock::new(|| read::<Products>(include_str!("../../../../demo/products.toml")).products);

/// The files are part of the program: one that does not read is our mistake.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|problem| panic!("demo file: {problem}"))
}
