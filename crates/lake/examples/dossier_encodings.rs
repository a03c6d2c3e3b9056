//! What each way of writing a dossier column costs: `dossier_encodings DOSSIER.parquet` writes the items
//! of its first row group column by column, reads them back, and prints bytes and nanoseconds an item.

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Schema};
use lake::Fault;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

const TIMES: usize = 5;

fn main() -> Result<(), Fault> {
    let path = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: dossier_encodings DOSSIER.parquet"))?;
    let mut batches = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(65_536).build()?;
    let batch = batches.next().ok_or_else(|| anyhow::anyhow!("an empty file"))??;
    println!("{:<28} {:<22} {:>8} {:>8} {:>8}", "column", "written", "bytes", "ns write", "ns read");
    for name in ["instalments", "repayments"] {
        let list: &ListArray = batch.column_by_name(name).ok_or_else(|| anyhow::anyhow!("no {name}"))?.as_list();
        let items = list.values().as_struct();
        for (field, values) in items.fields().iter().zip(items.columns()) {
            let item = StructArray::new(vec![field.clone()].into(), vec![values.clone()], None);
            let inner = Arc::new(Field::new("item", item.data_type().clone(), false));
            let column: ArrayRef = Arc::new(ListArray::try_new(inner, list.offsets().clone(), Arc::new(item), list.nulls().cloned())?);
            for (written, properties) in ways(values.data_type()) {
                measure(&format!("{name}.{}", field.name()), written, &column, values.len(), &properties)?;
                measure(&format!("{name}.{} flat", field.name()), written, values, values.len(), &properties)?;
            }
        }
    }
    Ok(())
}

fn ways(kind: &DataType) -> Vec<(&'static str, WriterProperties)> {
    let (zstd, none, snappy) = (Compression::ZSTD(ZstdLevel::default()), Compression::UNCOMPRESSED, Compression::SNAPPY);
    let with = |compression, dictionary: bool, encoding| {
        let builder = WriterProperties::builder()
            .set_compression(compression)
            .set_dictionary_enabled(dictionary)
            .set_statistics_enabled(EnabledStatistics::Chunk);
        match encoding {
            Some(encoding) => builder.set_encoding(encoding).build(),
            None => builder.build(),
        }
    };
    let delta = match kind {
        DataType::Utf8 => Encoding::DELTA_BYTE_ARRAY,
        _ => Encoding::DELTA_BINARY_PACKED,
    };
    let mut ways = vec![
        ("dictionary zstd", with(zstd, true, None)),
        ("dictionary", with(none, true, None)),
        ("plain", with(none, false, None)),
        ("plain snappy", with(snappy, false, None)),
        ("plain zstd", with(zstd, false, None)),
        ("delta", with(none, false, Some(delta))),
        ("delta zstd", with(zstd, false, Some(delta))),
    ];
    if *kind == DataType::Utf8 {
        ways.push(("delta length zstd", with(zstd, false, Some(Encoding::DELTA_LENGTH_BYTE_ARRAY))));
    } else {
        ways.push(("split zstd", with(zstd, false, Some(Encoding::BYTE_STREAM_SPLIT))));
    }
    ways
}

fn measure(name: &str, written: &str, column: &ArrayRef, items: usize, properties: &WriterProperties) -> Result<(), Fault> {
    let schema = Arc::new(Schema::new(vec![Field::new("column", column.data_type().clone(), column.null_count() > 0)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![column.clone()])?;
    let (mut write, mut read, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let path = std::env::temp_dir().join("dossier_encodings.parquet");
    let is_list = matches!(column.data_type(), DataType::List(_));
    for _ in 0..TIMES {
        let start = Instant::now();
        let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties.clone()))?;
        writer.write(&batch)?;
        bytes = writer.into_inner()?;
        write.push(start.elapsed().as_nanos() / items as u128);
        std::fs::write(&path, &bytes)?;
        let start = Instant::now();
        for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(&path)?)?.with_batch_size(if is_list { 16_384 } else { 350_000 }).build()? {
            batch?;
        }
        read.push(start.elapsed().as_nanos() / items as u128);
    }
    std::fs::remove_file(&path)?;
    let least = |times: &[u128]| times.iter().min().copied().unwrap_or_default();
    println!("{name:<28} {written:<22} {:>8} {:>8} {:>8}", bytes.len(), least(&write), least(&read));
    Ok(())
}
