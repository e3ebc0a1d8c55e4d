//! Flash messages: a notice, a smoke report, a playground answer, a key shown once. They outlive a redirect, belong
//! to the user they were created for, and are named in the URL (`?result=ID`).

pub mod notice;

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::secret::Secret;
use crate::{
    ports::FlashMessages,
    refusal::{Refusal, Reply},
};

/// Flash messages as JSON in the store.
#[derive(Clone)]
pub struct Flash(pub Arc<dyn FlashMessages>);

impl Flash {
    /// Stores a message for `user` and returns its id.
    ///
    /// # Errors
    /// [`Refusal::StoreUnavailable`], also if `value` cannot be serialized.
    pub async fn put<T: Serialize + Sync>(&self, user: &str, value: &T) -> Reply<String> {
        let body = serde_json::to_string(value).map(Secret::new).map_err(|_| Refusal::StoreUnavailable)?;
        self.0.put(user, body).await
    }

    /// Stores a notice. On failure the id is empty and the page shows no notice.
    pub async fn put_notice<T: Serialize + Sync>(&self, user: &str, value: &T) -> String {
        self.put(user, value).await.unwrap_or_default()
    }

    /// The message with this id, if it belongs to this user. It stays, so that a refresh shows it again.
    pub async fn peek<T: DeserializeOwned>(&self, user: &str, id: &str) -> Option<T> {
        if id.is_empty() {
            return None;
        }
        parse(self.0.peek(user, id).await)
    }

    /// The message with this id, if it belongs to this user, and deletes it.
    pub async fn take<T: DeserializeOwned>(&self, user: &str, id: &str) -> Option<T> {
        if id.is_empty() {
            return None;
        }
        parse(self.0.take(user, id).await)
    }
}

fn parse<T: DeserializeOwned>(found: Reply<Option<Secret>>) -> Option<T> {
    serde_json::from_str(found.ok()??.reveal()).ok()
}
