//! Readers for the fields of `params`: codes, amounts, days.
//!
//! Used as `#[serde(deserialize_with = "policy::read::code")]` by the rooms that own the types, so
//! that no room below needs to know TOML.

use serde::de::{Deserialize, Deserializer, Error};
use std::collections::BTreeMap;
use units::{Coded, Date, Money};

/// A coded enum by its code; an unknown code names the known ones.
pub fn code<'de, T: Coded, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    known(&text)
}

/// A list of codes.
pub fn codes<'de, T: Coded, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let texts: Vec<String> = Vec::deserialize(from)?;
    texts.iter().map(|text| known(text)).collect()
}

/// An amount in yuan as text: `"1,000,000.00"`.
pub fn money<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
    let text = String::deserialize(from)?;
    Money::parse(&text).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
}

/// A list of amounts in yuan.
pub fn moneys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Money>, D::Error> {
    let texts: Vec<String> = Vec::deserialize(from)?;
    let read = |text: &String| Money::parse(text).map_err(|error| D::Error::custom(format!("{text:?}: {error}")));
    texts.iter().map(read).collect()
}

/// Amounts in yuan by name: `{ collector = "1,000.00" }`.
pub fn moneys_by_name<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Money>, D::Error> {
    let texts: BTreeMap<String, String> = BTreeMap::deserialize(from)?;
    let read = |(name, text): (String, String)| match Money::parse(&text) {
        Ok(amount) => Ok((name, amount)),
        Err(error) => Err(D::Error::custom(format!("{name} = {text:?}: {error}"))),
    };
    texts.into_iter().map(read).collect()
}

/// A day written as TOML writes local dates: `2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let written = toml::value::Datetime::deserialize(from)?;
        let whole_day = written.time.is_none() && written.offset.is_none();
        let date = written.date.filter(|_| whole_day).ok_or_else(|| D::Error::custom("expected a day, YYYY-MM-DD"))?;
        Date::from_ymd(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            .map(Day)
            .map_err(D::Error::custom)
    }
}

fn known<T: Coded, E: Error>(text: &str) -> Result<T, E> {
    T::from_code(text).ok_or_else(|| {
        let codes: Vec<&str> = T::ALL.iter().map(|value| value.code()).collect();
        E::custom(format!("unknown code {text:?}, one of: {}", codes.join(", ")))
    })
}
