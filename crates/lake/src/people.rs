//! Who some customers are and how they are reached: opened, for the few whose cases are worked.

use crate::fault::Fault;
use crate::personal;
use crate::scan::{self, Row};
use crate::schema::{self, Table};
use crate::workspace::Workspace;
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use std::collections::{BTreeMap, HashSet};
use units::Date;

/// A customer as a person or a company (客户身份), in plain text: handle as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub customer_id: String,
    /// The code of the customer's kind.
    pub kind: String,
    pub name: String,
    pub id_number: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub region: Option<String>,
    pub contacts: Vec<ContactPoint>,
}

/// A number the customer or somebody named by the customer can be reached at (联系方式).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPoint {
    pub contact_id: String,
    /// As the book says it: `self`, `spouse`, `guarantor`, `reserved_contact` …
    pub relation: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Where the number is from; only lawful sources may be used.
    pub source: String,
    pub opted_out_on: Option<Date>,
}

/// These customers as known on a day, by their identity. Needs the workspace's keys where the book is sealed.
pub fn people(workspace: &Workspace, known_on: Date, of: &HashSet<String>) -> Result<Vec<Person>, Fault> {
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    rows(workspace, "customers", known_on, of, |row| {
        let customer_id = row.text("customer_id").unwrap_or_default();
        let person = Person {
            customer_id: customer_id.clone(),
            kind: row.text("kind").unwrap_or_default(),
            name: row.text("name").unwrap_or_default(),
            id_number: row.text("id_number"),
            phone: row.text("phone"),
            address: row.text("address"),
            region: row.text("region"),
            contacts: Vec::new(),
        };
        people.insert(customer_id, person);
    })?;
    rows(workspace, "contacts", known_on, of, |row| {
        let Some(person) = row.text("customer_id").and_then(|customer| people.get_mut(&customer)) else { return };
        person.contacts.push(ContactPoint {
            contact_id: row.text("contact_id").unwrap_or_default(),
            relation: row.text("relation"),
            name: row.text("name"),
            phone: row.text("phone"),
            source: row.text("source").unwrap_or_default(),
            opted_out_on: row.day("opted_out_on"),
        });
    })?;
    Ok(people.into_values().collect())
}

/// Calls `take` with every row of a table that belongs to one of the customers, opened.
fn rows(
    workspace: &Workspace,
    name: &str,
    known_on: Date,
    of: &HashSet<String>,
    mut take: impl FnMut(&Row),
) -> Result<(), Fault> {
    let table: &Table = schema::table(name).expect("a table of the book");
    for batch in scan::table(workspace, name, Some(known_on))? {
        let batch = batch?;
        let customers = batch["customer_id"].as_string::<i32>();
        let wanted: BooleanArray = customers.iter().map(|id| id.map(|id| of.contains(id))).collect();
        let batch = filter_record_batch(&batch, &wanted)?;
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        personal::opened(table, &mut columns, workspace.keys())?;
        let batch = RecordBatch::try_new(batch.schema(), columns)?;
        Row::each(&batch, &mut take);
    }
    Ok(())
}
