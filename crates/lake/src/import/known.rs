//! What the workspace knows before an import: identities, parents, the loans.

use crate::batch::Batch;
use crate::dossier;
use crate::fault::Fault;
use crate::identity::{Index, Key, KeyMap, KeySet, key};
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

/// What children may point to (父表标识): earlier batches and the rows accepted so far.
#[derive(Debug, Default)]
pub struct Parents {
    columns: HashMap<(&'static str, &'static str), (Known, KeySet)>,
}

impl Parents {
    pub fn load(earlier: &[Batch]) -> Result<Parents, Fault> {
        let mut columns = HashMap::new();
        for table in crate::schema::TABLES {
            for (parent, name) in table.columns.iter().filter_map(|column| column.parent) {
                let file = if (parent, name) == CONTRACTS { "contracts" } else { parent };
                if let std::collections::hash_map::Entry::Vacant(place) = columns.entry((parent, name)) {
                    place.insert((Known::load(earlier, file)?, KeySet::default()));
                }
            }
        }
        Ok(Parents { columns })
    }

    /// A parent table nobody has imported is not asked for; loans always are.
    pub fn is_missing(&self, parent: (&'static str, &'static str), identity: &str) -> bool {
        let (known, now) = &self.columns[&parent];
        if parent.0 != "loans" && known.is_empty() && now.is_empty() {
            return false;
        }
        let identity = key(identity.as_bytes());
        !now.contains(&identity) && known.find(identity).is_none()
    }

    /// A row of a table was accepted; tables that are nobody's parent are not kept.
    pub fn accept(&mut self, parent: (&'static str, &'static str), identity: Key) {
        if let Some((_, now)) = self.columns.get_mut(&parent) {
            now.insert(identity);
        }
    }

    /// Identities accepted in this import.
    pub fn accepted(&self, parent: (&'static str, &'static str)) -> impl Iterator<Item = Key> + '_ {
        self.columns[&parent].1.iter().copied()
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
}

/// Looks loans up row by row, remembering the last: files are mostly sorted by loan.
#[derive(Default)]
pub struct LoanCursor {
    last: Vec<u8>,
    number: Option<u32>,
}

impl LoanCursor {
    pub fn find(&mut self, directory: &Directory, id: &[u8]) -> u32 {
        if self.number.is_none() || self.last != id {
            self.last.clear();
            self.last.extend_from_slice(id);
            self.number = Some(directory.find(key(id)).unwrap_or(NO_LOAN));
        }
        self.number.unwrap_or(NO_LOAN)
    }
}
