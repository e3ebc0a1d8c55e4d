//! Management of people who may sign in. Each change ends the person's sessions in the same transaction, so their
//! permissions change at once.

use app::{
    domain::{config::revision::diff, field_error::FieldError, limits, person::Person, secret::Secret},
    ports::{Actor, Invitation, People, Role},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::tokens;
use crate::operations::{Operations, config::audit_trail::Action, require};
use crate::{
    clock,
    store::{AuditRow, StoreError, TakenField, User, Write},
};

/// Lifetime of an invitation: 3 days, in milliseconds.
const INVITATION_MS: u64 = 3 * 24 * 60 * 60 * 1000;
/// Names that audit rows and revisions use for actors that are not users.
const RESERVED_NAMES: [&str; 2] = ["token", "system"];

#[async_trait]
impl People for Operations {
    async fn people(&self, who: &Actor) -> Reply<Vec<Person>> {
        require(who, Role::Admin, "Listing people")?;
        Ok(self.store.people().await?)
    }

    async fn add_person(&self, who: &Actor, name: &str, role: Role) -> Reply<Invitation> {
        require(who, Role::Admin, "Adding a person")?;
        let errors: Vec<_> = check_user_name(name).into_iter().collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        let name = name.trim();
        let mut write = self.store.write().await?;
        let user = User { name: name.to_owned(), role, password_hash: None, created_at: clock::now() };
        write.insert_user(&user).await.map_err(|error| match error {
            StoreError::Taken(TakenField::Name) => Refusal::Taken {
                code: "name_taken".to_owned(),
                path: "name".to_owned(),
                message: "Another user has this name; choose another one.".to_owned(),
            },
            other => other.into(),
        })?;
        let invitation = invite(&mut write, name).await?;
        write
            .put_audit(&audit_row(who, Action::Create, name, &Value::Null, &json!({ "role": role })))
            .await?;
        write.commit().await?;
        Ok(invitation)
    }

    async fn change_role(&self, who: &Actor, name: &str, role: Role) -> Reply<()> {
        require(who, Role::Admin, "Changing a role")?;
        let mut write = self.store.write().await?;
        let user = find(&mut write, name).await?;
        if user.role == role {
            return Ok(());
        }
        if user.role == Role::Admin {
            require_other_admin(&mut write, &user, "their role cannot change").await?;
        }
        write.set_role(name, role).await?;
        write.delete_sessions_of(name, None).await?;
        let (from, to) = (json!({ "role": user.role }), json!({ "role": role }));
        write.put_audit(&audit_row(who, Action::Update, &user.name, &from, &to)).await?;
        Ok(write.commit().await?)
    }

    async fn reset_person(&self, who: &Actor, name: &str) -> Reply<Invitation> {
        require(who, Role::Admin, "Resetting a password")?;
        let mut write = self.store.write().await?;
        let invitation = reset(&mut write, who, name, true).await?;
        write.commit().await?;
        Ok(invitation)
    }

    async fn remove_person(&self, who: &Actor, name: &str) -> Reply<()> {
        require(who, Role::Admin, "Removing a person")?;
        let mut write = self.store.write().await?;
        let user = find(&mut write, name).await?;
        if user.role == Role::Admin {
            require_other_admin(&mut write, &user, "they cannot be removed").await?;
        }
        write.delete_user(name).await?;
        let from = json!({ "role": user.role });
        write.put_audit(&audit_row(who, Action::Delete, &user.name, &from, &Value::Null)).await?;
        Ok(write.commit().await?)
    }
}

/// Removes a person's password and creates an invitation, in a write that the caller commits. With
/// `protect_last_admin`, the last admin who can sign in is refused; the command line may reset them.
///
/// # Errors
/// [`Refusal::Gone`] if there is no such person, [`Refusal::Forbidden`] for the last admin.
pub async fn reset(
    write: &mut Write,
    who: &Actor,
    name: &str,
    protect_last_admin: bool,
) -> Reply<Invitation> {
    let user = find(write, name).await?;
    if protect_last_admin && user.role == Role::Admin {
        require_other_admin(write, &user, "they can only change their password on their account page")
            .await?;
    }
    write.set_password(name, None).await?;
    write.delete_sessions_of(name, None).await?;
    let invitation = invite(write, &user.name).await?;
    write.put_audit(&audit_row(who, Action::Reset, &user.name, &Value::Null, &Value::Null)).await?;
    Ok(invitation)
}

/// Creates an invitation; an earlier one of the same person stops working.
async fn invite(write: &mut Write, name: &str) -> Reply<Invitation> {
    let token = tokens::generate().map_err(|_| Refusal::StoreUnavailable)?;
    let expires_at = clock::now().plus_ms(INVITATION_MS);
    write.set_invitation(name, &tokens::sha256(&token), expires_at).await?;
    Ok(Invitation { name: name.to_owned(), token, expires_at })
}

/// The refusal of a link that is no longer valid.
pub(super) fn link_expired() -> Refusal {
    let words = "This link is no longer valid: it was used, replaced, or is older than three days. Ask an admin for \
                 a new one, or sign in.";
    Refusal::Gone(words.to_owned())
}

async fn find(write: &mut Write, name: &str) -> Reply<User> {
    write.user(name).await.map_err(|error| match error {
        StoreError::NotFound => Refusal::Gone(format!("There is no user named “{name}”.")),
        other => other.into(),
    })
}

/// Refuses the operation unless another admin can sign in.
async fn require_other_admin(write: &mut Write, user: &User, what: &str) -> Reply<()> {
    if write.has_other_admin(&user.name).await? {
        return Ok(());
    }
    let words =
        format!("“{}” is the last admin who can sign in, so {what}. Add another admin first.", user.name);
    Err(Refusal::Forbidden(words))
}

/// The error of an invalid user name.
pub(super) fn check_user_name(name: &str) -> Option<FieldError> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > limits::NAME_CHARS || name.chars().any(char::is_control) {
        let words = format!("Use a user name of 1 to {} characters.", limits::NAME_CHARS);
        return Some(FieldError::new("name", "invalid", words));
    }
    let is_reserved = RESERVED_NAMES.iter().any(|it| it.eq_ignore_ascii_case(name));
    is_reserved.then(|| {
        FieldError::new("name", "invalid", "This name is reserved for the audit log; choose another one.")
    })
}

/// The error of an invalid password, reported at `field`.
pub(super) fn check_password(password: &Secret, field: &str) -> Option<FieldError> {
    let (min, max) = (limits::PASSWORD_MIN_CHARS, limits::PASSWORD_MAX_CHARS);
    let fits = (min..=max).contains(&password.reveal().chars().count());
    (!fits)
        .then(|| FieldError::new(field, "invalid", format!("Use a password of {min} to {max} characters.")))
}

/// An audit row about a person. `from` and `to` hold the fields that others may see.
pub(super) fn audit_row(who: &Actor, action: Action, name: &str, from: &Value, to: &Value) -> AuditRow {
    AuditRow {
        at: clock::now(),
        by: who.name.clone(),
        ip: who.ip,
        action: action.as_str().to_owned(),
        kind: "user".to_owned(),
        id: name.to_owned(),
        revision: None,
        diff: json!(diff(from, to)),
    }
}
