//! Dossiers: one row per loan and batch, with its schedule and its repayments inside.
//!
//! A loan's row may be absent from a batch that only brings repayments; a schedule, when present,
//! replaces the loan's whole earlier schedule; repayments add up over batches.
//!
//! On the disk they are three plain tables in the order of the loans: `dossier.parquet` says how many
//! instalments and repayments each loan has, `instalments.parquet` and `repayments.parquet` hold them one
//! after the other, row group beside row group. Read back, they are lists again ([`counted`]): a list's
//! own levels in Parquet cost four times what its values do (DECISIONS 26).

mod counted;
mod merge;
mod read;
mod shelf;
mod write;

pub use merge::{DossierChunk, InstalmentSlices, Merge, RepaymentSlices};
pub use read::{read_booked, read_terms};
pub(crate) use shelf::each;
pub use shelf::{Columns, Reading, Shard, Shelf};
pub use write::write;

use crate::pick::PAGE_ROWS;
use crate::schema::{self, Table};
use arrow::array::{RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::sync::{Arc, LazyLock};

/// The files of a batch that hold them.
pub const DOSSIERS: &str = "dossier.parquet";
pub const INSTALMENTS: &str = "instalments.parquet";
pub const REPAYMENTS: &str = "repayments.parquet";

/// Whether a file of a batch holds a part of the dossiers.
pub fn is_part(file: &str) -> bool {
    [DOSSIERS, INSTALMENTS, REPAYMENTS].contains(&file)
}

/// Loans per row group, and per batch on the way out.
pub const GROUP_LOANS: usize = 65_536;

pub(crate) const LOAN_KNOWN_FROM: usize = 1;
/// The columns of a loan but its identity follow.
pub(crate) const LOAN_COLUMNS: usize = 2;

pub(crate) fn loans() -> &'static Table {
    schema::table("loans").expect("the book has loans")
}

pub(crate) fn instalments_at() -> usize {
    LOAN_COLUMNS + loans().columns.len() - 1
}

pub(crate) fn repayments_at() -> usize {
    instalments_at() + 2
}

static INSTALMENT_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("seq", DataType::Int32, false),
        Field::new("due_on", DataType::Date32, false),
        Field::new("principal_due", DataType::Int64, false),
        Field::new("interest_due", DataType::Int64, false),
        Field::new("fee_due", DataType::Int64, true),
    ])
});

static REPAYMENT_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("repayment_id", DataType::Utf8, false),
        Field::new("paid_on", DataType::Date32, false),
        Field::new("amount", DataType::Int64, false),
        Field::new("known_from", DataType::Date32, false),
        Field::new("entered_at", DataType::Timestamp(TimeUnit::Second, None), true),
        Field::new("reverses", DataType::Utf8, true),
        Field::new("payer", DataType::Utf8, true),
    ])
});

pub(crate) fn item(fields: &Fields) -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(fields.clone()), false))
}

pub(crate) fn instalment_fields() -> &'static Fields {
    &INSTALMENT_FIELDS
}

pub(crate) fn repayment_fields() -> &'static Fields {
    &REPAYMENT_FIELDS
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields = vec![
        Field::new("loan_id", DataType::Utf8, false),
        Field::new("loan_known_from", DataType::Date32, true),
    ];
    fields.extend(loans().columns[1..].iter().map(|column| Field::new(column.name, column.data_type(), true)));
    fields.push(Field::new("instalments", DataType::List(item(&INSTALMENT_FIELDS)), true));
    fields.push(Field::new("instalments_known_from", DataType::Date32, true));
    fields.push(Field::new("repayments", DataType::List(item(&REPAYMENT_FIELDS)), true));
    Arc::new(Schema::new(fields))
});

/// The columns of a dossier.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// The columns of `dossier.parquet`: those of a dossier, how many items instead of a list of them.
pub(crate) fn stored_schema() -> SchemaRef {
    let stored = |field: &Arc<Field>| match field.data_type() {
        DataType::List(_) => Field::new(field.name(), DataType::Int32, false),
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema().fields().iter().map(stored).collect::<Vec<_>>()))
}

/// How batch files are written, by measurement (DECISIONS 14, 26): dictionaries only where few values repeat,
/// what the night reads most as differences, which decode fastest and need no compression.
pub(crate) fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("postloan".to_owned())
        .set_data_page_row_count_limit(PAGE_ROWS)
        // Which page holds which loans: a shard of a large book decodes only its pages of a small batch.
        .set_column_statistics_enabled("loan_id".into(), EnabledStatistics::Page)
        .set_column_statistics_enabled("customer_id".into(), EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_LOANS));
    for column in ["loan_id", "customer_id"] {
        properties = properties.set_column_dictionary_enabled(column.into(), false);
    }
    properties.build()
}

/// The same for instalments and repayments.
pub(crate) fn item_properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("postloan".to_owned())
        .set_data_page_row_count_limit(2 * PAGE_ROWS)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(None);
    for column in ["principal_due", "interest_due"] {
        properties = properties
            .set_column_encoding(column.into(), Encoding::DELTA_BINARY_PACKED)
            .set_column_compression(column.into(), Compression::UNCOMPRESSED);
    }
    properties.set_column_encoding("repayment_id".into(), Encoding::DELTA_BYTE_ARRAY).build()
}

/// The struct inside a list of structs.
pub(crate) fn items(batch: &RecordBatch, column: usize) -> &StructArray {
    use arrow::array::AsArray;
    batch.column(column).as_list::<i32>().values().as_struct()
}
