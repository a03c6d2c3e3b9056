//! What the workspace knows before an import: identities, parents, the loans.

use crate::batch::Batch;
use crate::dossier;
use crate::fault::Fault;
use crate::identity::{Index, Key, KeyMap, KeySet, key};
use arrow::array::{Array, StringArray};
use std::collections::HashMap;
use units::Texts;

/// The identities of one table over all earlier batches (已知标识), newest batch first.
#[derive(Debug, Default)]
pub struct Known {
    newest_first: Vec<Index>,
}

impl Known {
    pub fn load(earlier: &[Batch], table: &str) -> Result<Known, Fault> {
        let newest_first = earlier.iter().rev().map(|batch| Index::read(&batch.identities(table)));
        Ok(Known { newest_first: newest_first.collect::<Result<_, _>>()? })
    }

    pub fn is_empty(&self) -> bool {
        self.newest_first.iter().all(Index::is_empty)
    }

    /// Owner and content of the newest version.
    pub fn find(&self, identity: Key) -> Option<(u32, u64)> {
        self.newest_first.iter().find_map(|index| index.find(identity))
    }

    /// A cursor for identities asked in ascending order.
    pub fn cursor(&self) -> impl FnMut(Key) -> Option<(u32, u64)> + '_ {
        let mut places = vec![0; self.newest_first.len()];
        move |identity| {
            self.newest_first.iter().zip(&mut places).find_map(|(index, place)| index.find_onward(identity, place))
        }
    }
}

/// What children may point to (父表标识), by table and column.
#[derive(Debug, Default)]
pub struct Parents {
    columns: HashMap<(&'static str, &'static str), Parent>,
}

/// One column children may point to: identities of earlier batches, and of the rows accepted so far.
#[derive(Debug)]
pub struct Parent {
    known: Known,
    now: KeySet,
    /// A parent table nobody has imported is not asked for; loans always are.
    is_asked_for: bool,
}

impl Parents {
    pub fn load(earlier: &[Batch]) -> Result<Parents, Fault> {
        let mut columns = HashMap::new();
        for table in crate::schema::TABLES {
            for (parent, name) in table.columns.iter().filter_map(|column| column.parent) {
                let file = if (parent, name) == CONTRACTS { "contracts" } else { parent };
                if let std::collections::hash_map::Entry::Vacant(place) = columns.entry((parent, name)) {
                    let known = Known::load(earlier, file)?;
                    let is_asked_for = parent == "loans" || !known.is_empty();
                    place.insert(Parent { known, now: KeySet::default(), is_asked_for });
                }
            }
        }
        Ok(Parents { columns })
    }

    pub fn of(&self, parent: (&'static str, &'static str)) -> &Parent {
        &self.columns[&parent]
    }

    /// Rows of a table were accepted; tables that are nobody's parent are not kept.
    pub fn accept(&mut self, parent: (&'static str, &'static str), identities: impl Iterator<Item = Key>) {
        if let Some(parent) = self.columns.get_mut(&parent) {
            parent.now.extend(identities);
            parent.is_asked_for |= !parent.now.is_empty();
        }
    }
}

impl Parent {
    pub fn is_missing(&self, identity: &str) -> bool {
        if !self.is_asked_for {
            return false;
        }
        let identity = key(identity.as_bytes());
        !self.now.contains(&identity) && self.known.find(identity).is_none()
    }

    /// Identities accepted in this import.
    pub fn accepted(&self) -> impl Iterator<Item = Key> + '_ {
        self.now.iter().copied()
    }
}

/// Contracts are no table of their own: loans name them.
pub const CONTRACTS: (&str, &str) = ("loans", "contract_id");

/// Every loan an import may speak of (借据名录), numbered in the order met.
#[derive(Debug, Default)]
pub struct Directory {
    pub ids: Texts,
    pub principal: Vec<i64>,
    pub disbursed_on: Vec<i32>,
    places: KeyMap<u32>,
}

/// No loan has this number.
pub const NO_LOAN: u32 = u32::MAX;

impl Directory {
    pub fn load(earlier: &[Batch]) -> Result<Directory, Fault> {
        let mut directory = Directory::default();
        for batch in earlier {
            dossier::read_terms(&batch.dossiers(), |id, principal, disbursed_on| {
                directory.set(key(id.as_bytes()), id, principal, disbursed_on);
            })?;
        }
        Ok(directory)
    }

    /// Adds a loan, or replaces what is known of it; its number.
    pub fn set(&mut self, identity: Key, id: &str, principal: i64, disbursed_on: i32) -> u32 {
        match self.places.get(&identity) {
            Some(&place) => {
                self.principal[place as usize] = principal;
                self.disbursed_on[place as usize] = disbursed_on;
                place
            }
            None => {
                let place = self.ids.len() as u32;
                self.ids.push(id);
                self.principal.push(principal);
                self.disbursed_on.push(disbursed_on);
                self.places.insert(identity, place);
                place
            }
        }
    }

    pub fn find(&self, identity: Key) -> Option<u32> {
        self.places.get(&identity).copied()
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    fn id(&self, number: u32) -> Option<&str> {
        ((number as usize) < self.len()).then(|| self.ids.get(number as usize))
    }
}

/// Numbers the loans of rows (借据定位): files are mostly sorted by loan, and in the order of the loans.
#[derive(Default)]
pub struct LoanCursor {
    last: u32,
}

impl LoanCursor {
    /// Adds to `numbers` the loan of each row; [`NO_LOAN`] where it is unknown.
    pub fn number(&mut self, directory: &Directory, ids: &StringArray, numbers: &mut Vec<u32>) {
        let mut last = directory.id(self.last);
        numbers.extend((0..ids.len()).map(|row| {
            let id = ids.value(row);
            if last != Some(id) {
                if ids.is_null(row) {
                    return NO_LOAN;
                }
                let next = self.last.wrapping_add(1);
                self.last = match directory.id(next) {
                    Some(next_id) if next_id == id => next,
                    _ => match directory.find(key(id.as_bytes())) {
                        Some(number) => number,
                        None => return NO_LOAN,
                    },
                };
                last = Some(id);
            }
            self.last
        }));
    }
}
