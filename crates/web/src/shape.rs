//! What a schema is made of: a few words to describe answers by, so that a description reads like the answer.
//!
//! The rooms below know nothing of OpenAPI, and their values leave as they are; here is said what they look like. That it is
//! true, every test of the API checks on every answer, and schemathesis on many more.

use crate::document::{codes, day, moment};
use units::Coded;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ArrayItems, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

/// What stands somewhere in an answer, and whether it always does.
pub struct Shape {
    pub schema: RefOr<Schema>,
    pub is_always: bool,
}

/// Fields of an object, in order.
pub type Fields = Vec<(&'static str, Shape)>;

impl<S: Into<RefOr<Schema>>> From<S> for Shape {
    fn from(schema: S) -> Shape {
        Shape { schema: schema.into(), is_always: true }
    }
}

fn plain(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}

pub fn text() -> Shape {
    plain(Type::String).build().into()
}

pub fn number() -> Shape {
    plain(Type::Integer).build().into()
}

pub fn yes_no() -> Shape {
    plain(Type::Boolean).build().into()
}

/// The codes of an enum.
pub fn code<T: Coded>() -> Shape {
    codes::<T>().into()
}

pub fn date() -> Shape {
    day().into()
}

pub fn time() -> Shape {
    moment().into()
}

/// Yuan, with or without separators.
pub fn money() -> Shape {
    plain(Type::String).pattern(Some(r"^-?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,2})?$")).build().into()
}

/// Whatever whoever sent it put in.
pub fn anything() -> Shape {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).build().into()
}

/// This text and no other.
pub fn word(word: &'static str) -> Shape {
    plain(Type::String).enum_values(Some([word])).build().into()
}

pub fn maybe(shape: Shape) -> Shape {
    one_of([shape, plain(Type::Null).build().into()])
}

/// Left out where there is nothing to say, or where the caller may not see it.
pub fn lacking(shape: Shape) -> Shape {
    Shape { is_always: false, ..shape }
}

pub fn list(shape: Shape) -> Shape {
    ArrayBuilder::new().items(shape.schema).build().into()
}

/// A value under every name.
pub fn map(shape: Shape) -> Shape {
    plain(Type::Object).additional_properties(Some(AdditionalProperties::RefOr(shape.schema))).build().into()
}

/// Values side by side, each plain.
pub fn tuple<const N: usize>(of: [Shape; N]) -> Shape {
    let plain = |shape: Shape| match shape.schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(_) => unreachable!("a tuple holds no shape of a name"),
    };
    ArrayBuilder::new().prefix_items(of.map(plain)).items(ArrayItems::False).min_items(Some(N)).build().into()
}

pub fn one_of(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let all = shapes.into_iter().fold(OneOfBuilder::new(), |all, shape| all.item(shape.schema));
    Schema::OneOf(all.build()).into()
}

/// What is described elsewhere under its name.
pub fn of<T: ToSchema>() -> Shape {
    RefOr::<Schema>::Ref(Ref::from_schema_name(T::name())).into()
}

/// Fields and no others.
pub fn object(fields: Fields) -> Shape {
    described("", fields).into()
}

pub fn described(said: &str, fields: Fields) -> RefOr<Schema> {
    let mut object = plain(Type::Object).additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    if !said.trim().is_empty() {
        object = object.description(Some(said.trim()));
    }
    for (name, Shape { schema, is_always }) in fields {
        object = object.property(name, schema);
        if is_always {
            object = object.required(name);
        }
    }
    object.build().into()
}

/// Types that stand for descriptions. `Name { field: shape, … };` is an object of these fields, `Name with Base { … };` has those of
/// the base too, `Names lists Name;` is a list that is whole or a page of a longer one, `Name = shape;` is anything else.
macro_rules! shapes {
    ($($(#[doc = $said:literal])* $name:ident $($with:ident $base:ident)? $({ $($field:ident: $shape:expr),* $(,)? })? $(= $is:expr)?;)+) => {
        $(
            $(#[doc = $said])*
            pub struct $name;

            impl utoipa::PartialSchema for $name {
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                    shapes!(@schema concat!($($said),*), [$($with $base)?] [$({ $($field: $shape),* })?] [$($is)?])
                }
            }

            impl utoipa::ToSchema for $name {
                fn name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }
            }

            shapes!(@fields $name [$($with $base)?] [$({ $($field: $shape),* })?]);
        )+

        /// Every shape by its name, for the parts of the document that refer to one another.
        pub fn all() -> Vec<(&'static str, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)> {
            vec![$((stringify!($name), <$name as utoipa::PartialSchema>::schema())),+]
        }
    };
    (@schema $said:expr, [lists $item:ident] [] []) => {
        $crate::shape::described($said, vec![
            ("items", $crate::shape::list($crate::shape::of::<$item>())),
            ("next", $crate::shape::maybe($crate::shape::text())),
        ])
    };
    (@schema $said:expr, [] [] [$is:expr]) => { $is.schema };
    (@schema $said:expr, [$($of:ident $base:ident)?] [{ $($field:ident: $shape:expr),* }] []) => {
        $crate::shape::described($said, Self::fields())
    };
    (@fields $name:ident [$($with:ident $base:ident)?] [{ $($field:ident: $shape:expr),* }]) => {
        impl $name {
            fn fields() -> $crate::shape::Fields {
                #[allow(unused_mut, reason = "not every shape has a base")]
                let mut fields: $crate::shape::Fields = Vec::new();
                $(fields.extend($base::fields());)?
                fields.extend([$((stringify!($field), $crate::shape::Shape::from($shape))),*]);
                fields
            }
        }
    };
    (@fields $name:ident [$($rest:tt)*] []) => {};
}
