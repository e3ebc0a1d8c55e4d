//! People who may sign in, and where they are signed in, as pages show them.

use serde::{Deserialize, Serialize};

use super::{role::Role, timestamp::Timestamp};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their user name; unique without regard to case.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they have no password yet: a link waits for them, or they need another one.
    pub invited: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// When one of their sessions was last used, to the minute; `None` where there is no session.
    pub last_seen_at: Option<Timestamp>,
}

/// One place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Tells it from the person's others; opens nothing.
    pub id: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// Where it was last used from, as far as it is known.
    pub ip: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}
