//! Users and their sessions, as pages show them.

use serde::{Deserialize, Serialize};

use super::{role::Role, timestamp::Timestamp};

/// A user who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// User name, unique regardless of case.
    pub name: String,
    /// Permissions.
    pub role: Role,
    /// Whether no password is set: an invitation is open or must be renewed.
    pub invited: bool,
    /// Time of the invitation.
    pub created_at: Timestamp,
    /// Time of the last use of any session, to the minute; `None` if there is no session.
    pub last_seen_at: Option<Timestamp>,
}

/// A signed-in session of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// User management: list, invitation, role, reset and removal.
    pub id: String,
    /// Time of the sign-in.
    pub created_at: Timestamp,
    /// Time of the last use, to the minute.
    pub last_seen_at: Timestamp,
    /// Client address of the last use, if known.
    pub ip: Option<String>,
    /// Whether it is the session of the current request.
    pub current: bool,
}
