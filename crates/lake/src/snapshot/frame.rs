//! A few columns with their names: the bridge from a plan to Arrow.

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Field, Int32Type, Schema};
use std::sync::Arc;
use units::{Date, Labels, Money};

/// The key of a column's unit in its metadata, and the unit of money.
pub const UNIT: &str = "unit";
pub const FEN: &str = "fen";
pub const PPM: &str = "ppm";

/// Columns gathered one by one; the same code gives the schema when there are no rows.
#[derive(Default)]
pub struct Frame {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Frame {
    fn column(&mut self, name: &str, column: ArrayRef, nullable: bool) {
        self.fields.push(Field::new(name, column.data_type().clone(), nullable));
        self.columns.push(column);
    }

    pub fn text<'a>(&mut self, name: &str, texts: impl Iterator<Item = &'a str>) {
        self.column(name, Arc::new(StringArray::from_iter_values(texts)), false);
    }

    /// A column of texts that `write` puts together, each from one value.
    pub fn written<T>(
        &mut self,
        name: &str,
        values: impl ExactSizeIterator<Item = T>,
        write: impl Fn(T, &mut String),
    ) {
        let (mut texts, mut ends) = (String::with_capacity(values.len() * 24), vec![0]);
        for value in values {
            write(value, &mut texts);
            ends.push(i32::try_from(texts.len()).expect("a chunk's texts fit 2 GiB"));
        }
        self.column(name, Arc::new(StringArray::new(OffsetBuffer::new(ends.into()), texts.into_bytes().into(), None)), false);
    }

    /// A column of few distinct texts, kept as numbers into `labels`.
    pub fn label(&mut self, name: &str, codes: impl Iterator<Item = Option<u32>>, labels: &Labels) {
        self.dictionary(name, codes, labels.iter());
    }

    /// A column of coded values: `labels` are the codes in declaration order.
    pub fn coded<T: units::Coded>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = Option<T>>,
        number: impl Fn(T) -> u32,
    ) {
        self.dictionary(name, values.map(|value| value.map(&number)), T::ALL.iter().map(|value| value.code()));
    }

    pub fn dictionary<'a>(
        &mut self,
        name: &str,
        codes: impl Iterator<Item = Option<u32>>,
        labels: impl Iterator<Item = &'a str>,
    ) {
        let keys: Int32Array = codes.map(|code| code.map(|code| code as i32)).collect();
        let values = Arc::new(StringArray::from_iter_values(labels));
        self.column(name, Arc::new(DictionaryArray::<Int32Type>::new(keys, values)), true);
    }

    /// Whole fen, marked as such: readers show them as yuan.
    pub fn money(&mut self, name: &str, amounts: impl Iterator<Item = Money>) {
        self.column(name, Arc::new(Int64Array::from_iter_values(amounts.map(Money::fen))), false);
        self.mark(FEN);
    }

    /// Parts per million, marked as such: readers show them as fractions.
    pub fn share(&mut self, name: &str, shares: impl Iterator<Item = Option<i64>>) {
        self.column(name, Arc::new(Int64Array::from_iter(shares)), true);
        self.mark(PPM);
    }

    fn mark(&mut self, unit: &str) {
        let field = self.fields.last_mut().expect("just added");
        field.set_metadata([(UNIT.to_owned(), unit.to_owned())].into());
    }

    pub fn maybe_number(&mut self, name: &str, numbers: impl Iterator<Item = Option<i64>>) {
        self.column(name, Arc::new(Int64Array::from_iter(numbers)), true);
    }

    pub fn number(&mut self, name: &str, numbers: impl Iterator<Item = i32>) {
        self.column(name, Arc::new(Int32Array::from_iter_values(numbers)), false);
    }

    pub fn day(&mut self, name: &str, days: impl Iterator<Item = Date>) {
        self.column(name, Arc::new(Date32Array::from_iter_values(days.map(Date::day_number))), false);
    }

    pub fn maybe_day(&mut self, name: &str, days: impl Iterator<Item = Option<Date>>) {
        self.column(name, Arc::new(Date32Array::from_iter(days.map(|day| day.map(Date::day_number)))), true);
    }

    pub fn flag(&mut self, name: &str, flags: impl Iterator<Item = bool>) {
        self.column(name, Arc::new(BooleanArray::from_iter(flags.map(Some))), false);
    }

    pub fn batch(self) -> RecordBatch {
        let schema = Arc::new(Schema::new(self.fields));
        RecordBatch::try_new(schema, self.columns).expect("columns of one length")
    }
}
