//! How values travel: as people write them where people read (JSON, TOML), as numbers where programs do.

use crate::{Date, Moment, Money};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! written {
    ($($type:ident as $number:ty: $write:expr, $parse:expr, $expected:literal;)+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(&$write(*self)) } else { self.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                if !from.is_human_readable() {
                    return <$number>::deserialize(from).map($type);
                }
                let text = String::deserialize(from)?;
                $parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?}: expected {}", $expected)))
            }
        }
    )+};
}

written! {
    Date as i32: |day| day, |text: &str| Date::parse(text).ok(), "a day, YYYY-MM-DD";
    Money as i64: Plain, |text: &str| Money::parse(text).ok(), "an amount in yuan, at most two decimals";
    Moment as i64: |moment| moment, Moment::parse, "a moment, YYYY-MM-DD HH:MM:SS";
}

/// An amount in yuan without marks between thousands, as programs expect one.
struct Plain(Money);

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, fen) = (if self.0.is_negative() { "-" } else { "" }, self.0.fen().unsigned_abs());
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}
