//! Flash messages: a notice, a smoke report, a playground answer, a key shown once. They outlive a redirect, belong to the
//! user they were made for, and are named in the address (`?result=ID`).

pub mod notice;

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::secret::Secret;
use crate::{
    ports::FlashMessages,
    refusal::{Refusal, Reply},
};

/// The messages, as JSON in the store behind it.
#[derive(Clone)]
pub struct Flash(pub Arc<dyn FlashMessages>);

impl Flash {
    /// Keeps a result for `user` and answers with its id.
    ///
    /// # Errors
    /// [`Refusal::StoreUnavailable`]; also for a value that cannot be written as JSON.
    pub async fn put<T: Serialize + Sync>(&self, user: &str, value: &T) -> Reply<String> {
        let body = serde_json::to_string(value).map(Secret::new).map_err(|_| Refusal::StoreUnavailable)?;
        self.0.put(user, body).await
    }

    /// The same for what is only said: if it cannot be kept, the page says nothing, and the id is empty.
    pub async fn put_notice<T: Serialize + Sync>(&self, user: &str, value: &T) -> String {
        self.put(user, value).await.unwrap_or_default()
    }

    /// The result of that id, if it is this user's; it stays, so that a refresh shows it again.
    pub async fn peek<T: DeserializeOwned>(&self, user: &str, id: &str) -> Option<T> {
        if id.is_empty() {
            return None;
        }
        parse(self.0.peek(user, id).await)
    }

    /// The result of that id, if it is this user's; it is gone afterwards.
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
