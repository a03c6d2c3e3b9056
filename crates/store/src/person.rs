//! Personal data (个人信息): every value encrypted on its own, found by keyed hash, erased at the end.
//!
//! Who may see what, masked how, is decided in `authority`; this is only where it lies. Searching works on
//! the whole value, and for numbers on the last four digits: as much as a service desk asks for.

use crate::case::texts;
use crate::chance::random;
use crate::fault::Fault;
use crate::row::columns::{Bind, Fetch};
use crate::link::{Reads, Store, Tx};
use sea_orm::{DbErr, Value};
use units::coded;
use vault::Keys;

coded! {
    /// What an encrypted value is (加密字段).
    FieldKind {
        /// A name (姓名、名称).
        Name = "name",
        /// The number of an identity card or a company (证件号码).
        IdNumber = "id_number",
        Phone = "phone",
        Address = "address",
        Email = "email",
        /// A bank account (账号、卡号).
        AccountNumber = "account_number",
        /// What a webhook's messages are signed with (回调密钥); its owner is the webhook.
        WebhookSecret = "webhook_secret",
        /// What somebody wrote down freely (备注); its owner is the contact it was written about.
        Note = "note",
    }
}

/// One value, readable (个人信息字段). Never written to a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalField {
    pub kind: FieldKind,
    /// From 0; a person may have several phones.
    pub position: i64,
    pub value: String,
}

/// How many characters of a number are searched by on their own.
const TAIL: usize = 4;

impl FieldKind {
    /// The form in which two writings of one value are equal; `None` for what nobody searches by.
    fn searched(self, value: &str) -> Option<String> {
        let kept = |keep: fn(&char) -> bool| value.chars().filter(keep).collect::<String>();
        match self {
            FieldKind::Name => Some(kept(|letter| !letter.is_whitespace())),
            FieldKind::IdNumber | FieldKind::AccountNumber => Some(kept(char::is_ascii_alphanumeric).to_ascii_uppercase()),
            FieldKind::Phone => {
                let digits = kept(char::is_ascii_digit);
                // +86 before the eleven digits of a mobile number says nothing.
                Some(digits.strip_prefix("86").filter(|local| local.len() == 11).unwrap_or(&digits).to_owned())
            }
            FieldKind::Email => Some(value.trim().to_lowercase()),
            FieldKind::Address | FieldKind::WebhookSecret | FieldKind::Note => None,
        }
        .filter(|searched| !searched.is_empty())
    }

    fn has_tail(self) -> bool {
        matches!(self, FieldKind::IdNumber | FieldKind::AccountNumber | FieldKind::Phone)
    }

    /// The searched form's hashes, whole and tail, under the key that encrypts.
    fn hashes(self, keys: &Keys, value: &str) -> (Option<String>, Option<String>) {
        let searched = self.searched(value);
        let whole = searched.as_deref().map(|searched| keys.search_hash(self.code(), searched));
        let tail = searched.filter(|searched| self.has_tail() && searched.len() > TAIL);
        let tail = tail.map(|searched| keys.search_hash(&self.tail_code(), &searched[searched.len() - TAIL..]));
        (whole, tail)
    }

    fn tail_code(self) -> String {
        format!("{} tail", self.code())
    }
}

/// Where a value is sealed to: it cannot be passed off as another person's.
fn place(owner_id: &str, kind: FieldKind, position: i64) -> String {
    format!("{owner_id}/{}/{position}", kind.code())
}

impl Tx {
    /// Sets all values of one kind that belong to a person; none erases them.
    pub async fn personal_set(&self, owner_id: &str, kind: FieldKind, values: &[&str]) -> Result<(), Fault> {
        let sql = "DELETE FROM personal_field WHERE owner_id = $1 AND kind = $2";
        self.write("clear personal data", sql, vec![owner_id.bind(), kind.code().bind()]).await?;
        self.personal_add(&[(owner_id, kind, values)]).await
    }

    /// Adds what is known of people of whom nothing of these kinds is known yet.
    pub async fn personal_add(&self, known: &[(&str, FieldKind, &[&str])]) -> Result<(), Fault> {
        let mut rows = Vec::new();
        for (owner_id, kind, values) in known {
            for (position, value) in (0i64..).zip(*values) {
                let mut row = vec![owner_id.bind(), kind.code().bind(), position.bind()];
                row.extend(self.sealed_columns(owner_id, *kind, position, value));
                rows.push(row);
            }
        }
        let into = "personal_field (owner_id, kind, position, key_id, sealed, whole_hash, tail_hash)";
        self.insert("keep personal data", into, rows, "").await.map(drop)
    }

    /// Destroys whatever is known of a person (删除个人信息): how many values.
    pub async fn personal_erase(&self, owner_id: &str) -> Result<u64, Fault> {
        self.write("erase personal data", "DELETE FROM personal_field WHERE owner_id = $1", vec![owner_id.bind()]).await
    }
}

impl Reads {
    /// `key_id`, `sealed`, `whole_hash`, `tail_hash`.
    fn sealed_columns(&self, owner_id: &str, kind: FieldKind, position: i64, value: &str) -> [Value; 4] {
        let (whole, tail) = kind.hashes(&self.keys, value);
        let sealed = self.keys.seal(&place(owner_id, kind, position), value, random());
        [self.keys.newest().bind(), sealed.bind(), whole.bind(), tail.bind()]
    }

    /// What is known of a person, by kind and position.
    pub async fn personal(&self, owner_id: &str) -> Result<Vec<PersonalField>, Fault> {
        const DOING: &str = "read personal data";
        let sql = "SELECT owner_id, kind, position, sealed FROM personal_field WHERE owner_id = $1 ORDER BY kind, position";
        let rows = self.rows(DOING, sql, vec![owner_id.bind()]).await?;
        rows.iter().map(|row| self.unsealed(row)).map(|field| field.map(|(_, field)| field)).collect()
    }

    fn unsealed(&self, row: &sea_orm::QueryResult) -> Result<(String, PersonalField), Fault> {
        const DOING: &str = "read personal data";
        let read = || {
            let code = String::fetch(row, "kind")?;
            let kind = FieldKind::from_code(&code).ok_or_else(|| DbErr::Type(format!("unknown kind {code:?}")))?;
            Ok((String::fetch(row, "owner_id")?, kind, i64::fetch(row, "position")?, String::fetch(row, "sealed")?))
        };
        let (owner_id, kind, position, sealed) = read().map_err(|error: DbErr| Fault::doing(DOING)(error))?;
        let value = self.keys.open(&place(&owner_id, kind, position), &sealed).map_err(Fault::doing(DOING))?;
        Ok((owner_id, PersonalField { kind, position, value }))
    }

    /// The persons who have exactly this value, however it is spaced; at most `limit`.
    pub async fn personal_find(&self, kind: FieldKind, value: &str, limit: u32) -> Result<Vec<String>, Fault> {
        let Some(searched) = kind.searched(value) else { return Ok(Vec::new()) };
        self.find(kind, "whole_hash", self.keys.search_hashes(kind.code(), &searched), limit).await
    }

    /// The persons with a number that ends in these four; at most `limit`.
    pub async fn personal_find_tail(&self, kind: FieldKind, tail: &str, limit: u32) -> Result<Vec<String>, Fault> {
        let Some(searched) = kind.searched(tail).filter(|_| kind.has_tail()) else { return Ok(Vec::new()) };
        self.find(kind, "tail_hash", self.keys.search_hashes(&kind.tail_code(), &searched), limit).await
    }

    async fn find(&self, kind: FieldKind, column: &str, hashes: Vec<String>, limit: u32) -> Result<Vec<String>, Fault> {
        let mut values = vec![kind.code().bind()];
        values.extend(hashes.iter().map(Bind::bind));
        let places: Vec<String> = (2..=values.len()).map(|place| format!("${place}")).collect();
        values.push(i64::from(limit).bind());
        let sql = format!(
            "SELECT DISTINCT owner_id FROM personal_field WHERE kind = $1 AND {column} IN ({}) ORDER BY owner_id LIMIT ${}",
            places.join(", "),
            values.len()
        );
        texts(&self.rows("search personal data", &sql, values).await?, "owner_id")
    }

    /// Under which keys values and texts lie, and how many: a key that is not here may be destroyed.
    pub async fn personal_keys(&self) -> Result<Vec<(String, i64)>, Fault> {
        const DOING: &str = "count values by key";
        let sql = "SELECT key_id, COUNT(*) AS fields FROM personal_field GROUP BY key_id ORDER BY key_id";
        let rows = self.rows(DOING, sql, Vec::new()).await?;
        let counted = |row| Ok((Fetch::fetch(row, "key_id")?, Fetch::fetch(row, "fields")?));
        let fields: Vec<(String, i64)> = rows.iter().map(counted).collect::<Result<_, DbErr>>().map_err(Fault::doing(DOING))?;
        let mut counts = self.text_keys().await?;
        for (key, fields) in fields {
            *counts.entry(key).or_default() += fields;
        }
        Ok(counts.into_iter().collect())
    }
}

impl Store {
    /// Encrypts anew, under the newest key, at most `chunk` values and texts that lie under older ones (密钥轮换), in
    /// one transaction: how many; 0 when none is left. People may work meanwhile.
    pub async fn personal_reencrypt(&self, chunk: u32) -> Result<u64, Fault> {
        const DOING: &str = "encrypt personal data anew";
        let tx = self.begin().await?;
        let sql = "SELECT owner_id, kind, position, sealed FROM personal_field WHERE key_id <> $1 LIMIT $2";
        let rows = tx.rows(DOING, sql, vec![tx.keys.newest().bind(), i64::from(chunk).bind()]).await?;
        for row in &rows {
            let (owner_id, field) = tx.unsealed(row)?;
            let old = String::fetch(row, "sealed").map_err(Fault::doing(DOING))?;
            let [key_id, sealed, whole, tail] = tx.sealed_columns(&owner_id, field.kind, field.position, &field.value);
            // Somebody may have set it in between; theirs is under the newest key already.
            let sql = "UPDATE personal_field SET key_id = $1, sealed = $2, whole_hash = $3, tail_hash = $4 \
                       WHERE owner_id = $5 AND kind = $6 AND position = $7 AND sealed = $8";
            let mut values = vec![key_id, sealed, whole, tail];
            values.extend([owner_id.bind(), field.kind.code().bind(), field.position.bind(), old.bind()]);
            tx.write(DOING, sql, values).await?;
        }
        let fields = rows.len() as u64;
        let texts = tx.texts_reseal(u64::from(chunk) - fields).await?;
        tx.commit().await?;
        Ok(fields + texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writings_of_one_value_are_searched_alike() {
        let check = |kind: FieldKind, value: &str, expect: Option<&str>| assert_eq!(kind.searched(value).as_deref(), expect, "{value}");
        check(FieldKind::Phone, "138 0000-1234", Some("13800001234"));
        check(FieldKind::Phone, "+86 13800001234", Some("13800001234"));
        check(FieldKind::Phone, "8612345", Some("8612345"));
        check(FieldKind::Phone, "none", None);
        check(FieldKind::IdNumber, "11010119900307123x", Some("11010119900307123X"));
        check(FieldKind::Name, " A  B ", Some("AB"));
        check(FieldKind::Email, " A@X.com ", Some("a@x.com"));
        check(FieldKind::Address, "1 Road", None);
        check(FieldKind::Note, "a note", None);
    }
}
