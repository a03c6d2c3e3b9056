//! Enums that files, columns and packs name by a stable ASCII code.

/// An enum with a stable ASCII code per variant (代码): the code is stored, the label is looked up.
pub trait Coded: Copy + 'static {
    /// Every variant, in declaration order.
    const ALL: &'static [Self];

    fn code(self) -> &'static str;

    fn from_code(code: &str) -> Option<Self>;
}

/// Declares a [`Coded`] enum: `coded! { /// doc Name { Variant = "code", … } }`.
///
/// The declaration order is the order of `Ord`, so a scale is written from best to worst.
#[macro_export]
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            pub fn from_code(code: &str) -> Option<$name> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }
        }

        impl $crate::Coded for $name {
            const ALL: &'static [$name] = $name::ALL;

            fn code(self) -> &'static str {
                $name::code(self)
            }

            fn from_code(code: &str) -> Option<$name> {
                $name::from_code(code)
            }
        }
    };
}

/// Writes and reads [`Coded`] enums by their code wherever serde does: `units::serde_by_code!(Channel, Relation);`.
#[macro_export]
macro_rules! serde_by_code {
    ($($name:ident),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                $name::from_code(&text).ok_or_else(|| {
                    let codes: Vec<&str> = $name::ALL.iter().map(|value| value.code()).collect();
                    serde::de::Error::custom(format!("unknown code {text:?}, one of: {}", codes.join(", ")))
                })
            }
        }
    )+};
}
