//! How people see what the lake stores as whole numbers: fen as yuan, parts per million as rates.

use datafusion::arrow::array::{AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::catalog::TableProvider;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Expr, LogicalPlanBuilder, ScalarUDF, Volatility, create_udf, ident};
use datafusion::scalar::ScalarValue;
use std::sync::Arc;

/// What a stored whole number counts (存储单位).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Shown as yuan, `DECIMAL(18,2)`.
    Fen,
    /// Shown as a fraction, `DECIMAL(9,6)`.
    Ppm,
}

impl Stored {
    const fn decimal(self) -> (u8, i8) {
        match self {
            Stored::Fen => (18, 2),
            Stored::Ppm => (9, 6),
        }
    }

    /// Reads the same whole number with a decimal point in it; a cast would multiply.
    fn shown(self) -> ScalarUDF {
        let (precision, scale) = self.decimal();
        let name = match self {
            Stored::Fen => "yuan_of_fen",
            Stored::Ppm => "rate_of_ppm",
        };
        let show = move |arguments: &[ColumnarValue]| match &arguments[0] {
            ColumnarValue::Scalar(ScalarValue::Int64(number)) => {
                let decimal = ScalarValue::Decimal128(number.map(i128::from), precision, scale);
                Ok(ColumnarValue::Scalar(decimal))
            }
            argument => {
                let array = argument.to_array(1)?;
                let decimals: Decimal128Array = array.as_primitive::<Int64Type>().unary(i128::from);
                let decimals = decimals.with_precision_and_scale(precision, scale)?;
                Ok(ColumnarValue::Array(Arc::new(decimals)))
            }
        };
        let to = DataType::Decimal128(precision, scale);
        create_udf(name, vec![DataType::Int64], to, Volatility::Immutable, Arc::new(show))
    }
}

/// A view of `table` with its whole-number columns shown as decimals. `stored` says which are what.
///
/// Filters and projections pass through the view; it costs a widening of the columns asked for.
pub(crate) fn view(
    name: &str,
    table: Arc<dyn TableProvider>,
    stored: &dyn Fn(&Field) -> Option<Stored>,
) -> Result<ViewTable> {
    let schema = table.schema();
    let columns = shown_columns(&schema, stored);
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?.project(columns)?.build()?;
    Ok(ViewTable::new(plan, None))
}

fn shown_columns(schema: &Schema, stored: &dyn Fn(&Field) -> Option<Stored>) -> Vec<Expr> {
    let (fen, ppm) = (Stored::Fen.shown(), Stored::Ppm.shown());
    let shown = |field: &Arc<Field>| match stored(field) {
        Some(Stored::Fen) => fen.call(vec![ident(field.name())]).alias(field.name()),
        Some(Stored::Ppm) => ppm.call(vec![ident(field.name())]).alias(field.name()),
        None => ident(field.name()),
    };
    schema.fields().iter().map(shown).collect()
}
