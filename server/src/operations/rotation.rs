//! Changing the master key: everything that is sealed is sealed anew in one transaction, so that at every moment one of
//! the two keys opens all of it.
//!
//! The generated key's file is replaced after the commit. Whoever is killed in between leaves the new key beside the old
//! one, and the next start (see [`crate::seal::KeySource`]) puts it in its place.

use std::path::Path;

use app::{
    domain::timestamp::Timestamp,
    ports::{Actor, Role},
};
use serde_json::json;

use super::config::trace::Action;
use crate::{
    clock,
    seal::{CannotSeal, KeyError, KeySource, MasterKey, Sealer},
    store::{AuditRow, Store, StoreError},
};

/// Why the master key was not changed. Nothing was, then.
#[derive(Debug, thiserror::Error)]
pub enum CannotRotate {
    /// The store is sealed under another key.
    #[error("the store is sealed under another master key than the one given; rotate with that one")]
    AnotherKey,
    /// The key is the operator's, and no new one was named.
    #[error(
        "the master key is not a generated one: make a new one in a file (openssl rand -base64 32), name it with \
         --new-key-file, and start the server with it afterwards"
    )]
    NoNewKey,
    /// A key cannot be used.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// Nothing can be sealed.
    #[error("{0}")]
    Seal(#[from] CannotSeal),
    /// The store cannot be used.
    #[error("the store cannot be used: {0}")]
    Store(#[from] StoreError),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Secrets sealed under the new key.
    pub sealed: usize,
    /// Secrets that did not open before either; they wait to be entered again.
    pub unreadable: usize,
}

/// Seals everything under another key: the one in `new`, else a generated one that takes the generated one's place.
///
/// # Errors
/// [`CannotRotate`].
pub async fn rotate(store: &Store, source: &KeySource, new: Option<&Path>) -> Result<Rotated, CannotRotate> {
    // Everybody else who rotates or seals waits until this one is done.
    let mut write = store.write().await?;
    let check = write.key_check().await?;
    let old = source.sealer(check.as_deref())?;
    if check.is_some_and(|it| !old.recognises(&it)) {
        return Err(CannotRotate::AnotherKey);
    }
    let generated = new.is_none();
    let new = match new {
        Some(file) => Sealer::new(&MasterKey::in_file(file)?),
        None if source.is_generated() => Sealer::new(&MasterKey::make_next(&source.data_dir)?),
        None => return Err(CannotRotate::NoNewKey),
    };
    let mut rotated = Rotated::default();
    for row in write.sealed().await? {
        let Ok(secret) = old.open(row.place(), &row.blob) else {
            rotated.unreadable += 1;
            continue;
        };
        let blob = new.seal(row.place(), &secret)?;
        write.replace_sealed(&row.with(blob)).await?;
        rotated.sealed += 1;
    }
    write.set_key_check(&new.key_check()?).await?;
    // Servers that run look at the configuration anew.
    write.bump_version().await?;
    write.put_audit(&audit(&operator(), clock::now(), rotated)).await?;
    write.commit().await?;
    if generated {
        MasterKey::promote_next(&source.data_dir)?;
    }
    Ok(rotated)
}

/// Whoever sits at the command line.
pub fn operator() -> Actor {
    Actor { name: "system".to_owned(), role: Role::Admin, ip: None }
}

fn audit(who: &Actor, at: Timestamp, rotated: Rotated) -> AuditRow {
    AuditRow {
        at,
        by: who.name.clone(),
        ip: None,
        action: Action::Rotate.as_str().to_owned(),
        kind: "master_key".to_owned(),
        id: "master_key".to_owned(),
        revision: None,
        diff: json!([{ "path": "sealed", "from": null, "to": rotated.sealed }]),
    }
}
