//! Enums of other rooms inside stored cases: written and read by their code.
//!
//! Used as `#[serde(with = "crate::by_code")]`.

use serde::Serializer;
use units::Coded;

pub(crate) use policy::read::code as deserialize;

pub(crate) fn serialize<T: Coded, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(value.code())
}
