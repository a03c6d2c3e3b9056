//! Views of a page that a person keeps under a name, for nobody else.

use crate::desk::{Begun, Call, Desk, PAGE, required, stored};
use crate::failure::{Outcome, refused};
use serde::{Deserialize, Serialize};
use store::{Kept, SavedViewRow};

/// Filters, columns and order under a name (个人视图).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    pub name: String,
    /// What stands after the question mark of the address.
    pub query: String,
}

/// A person keeps no more of one page: a longer list is no help.
const MOST: usize = 30;

const KEPT: &str = "kept";
const DROPPED: &str = "dropped";

/// The caller's views of a page, by name.
pub async fn views(desk: &Desk, call: &Call, page: &str) -> Outcome<Vec<SavedView>> {
    let kept = desk.store.saved_view_of_staff::<SavedView>(&call.staff_id, page, KEPT, None, PAGE).await?;
    Ok(kept.rows.into_iter().map(|kept| kept.body).collect())
}

/// Keeps a view; one of the same name gives way.
pub async fn view_save(desk: &Desk, call: &Call, page: &str, name: &str, query: &str) -> Outcome<()> {
    let name = required("name", name)?;
    let known = views(desk, call, page).await?;
    if known.len() >= MOST && !known.iter().any(|view| view.name == name) {
        return refused("E-AP-06", &[("most", &MOST)]);
    }
    put(desk, call, page, &SavedView { name: name.to_owned(), query: query.to_owned() }, KEPT).await
}

/// Drops a view of the caller's own; one that is not there is dropped already.
pub async fn view_drop(desk: &Desk, call: &Call, page: &str, name: &str) -> Outcome<()> {
    put(desk, call, page, &SavedView { name: name.to_owned(), query: String::new() }, DROPPED).await
}

async fn put(desk: &Desk, call: &Call, page: &str, view: &SavedView, state: &str) -> Outcome<()> {
    let tx = match desk.begin(call, "saved_view", &(page, view, state)).await? {
        Begun::Again(()) => return Ok(()),
        Begun::First(tx) => tx,
    };
    let row = SavedViewRow {
        saved_view_id: format!("{}{page}/{}", call.staff_id, view.name),
        staff_id: call.staff_id.clone(),
        page: page.to_owned(),
        name: view.name.clone(),
        state: state.to_owned(),
    };
    let before: Option<Kept<SavedViewRow, SavedView>> = tx.load(&row.saved_view_id).await?;
    stored(tx.save(&row, view, before.map_or(0, |kept| kept.version), call.stamp()).await?)?;
    desk.commit(tx, call, ()).await
}
