//! Traits towards the server. Pages and server functions get them by context, as `Arc<dyn …>`, because server functions
//! cannot be generic. The server crate implements each once, and its REST handlers call the same implementations.
//!
//! Operations that change something check the role of the actor themselves.

mod data_plane;
mod people;
mod sessions;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;

#[cfg(doc)]
use super::refusal::Refusal;
use super::refusal::Reply;
use crate::domain::{
    config::{
        api_key::{ApiKeyView, NewApiKey},
        balancer::Balancer,
        configuration::Configuration,
        revision::{AuditEntry, Revision},
        transfer::ImportReport,
    },
    console::{
        draft::Draft,
        evaluation::Evaluation,
        request_log::{RequestDetail, RequestFilter, RequestLine, RequestPlace},
        traffic::Traffic,
    },
    field_error::ValidationReport,
    ids::ObjectKind,
    secret::Secret,
};

pub use self::{
    data_plane::{DataPlane, Recent},
    people::{Invitation, Invitations, OwnAccount, People},
    sessions::{NewSession, Sessions},
};
pub use crate::domain::{
    console::play::{DryRun, PlayCall, PlayEvent},
    role::Role,
};

/// The user or program that makes a request. Revisions and audit rows record it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user name, or `token` for the admin token, or `system`.
    pub name: String,
    /// Limits what they may do.
    pub role: Role,
    /// The client's address, if known.
    pub ip: Option<IpAddr>,
}

impl Actor {
    /// Whether they may revoke an API key that `made_by` made: admins every one, editors their own.
    pub fn may_revoke(&self, made_by: Option<&str>) -> bool {
        self.role == Role::Admin || (self.role == Role::Editor && made_by == Some(&*self.name))
    }
}

/// The client of a request. The server puts it into the extensions of requests for pages and server functions, beside
/// the [`Actor`] if somebody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its address.
    pub ip: IpAddr,
    /// Whether it speaks HTTPS, to this server or to a proxy that is trusted.
    pub is_https: bool,
}

/// A saved object.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Its id.
    pub id: String,
    /// The whole object as REST shows it.
    pub body: Value,
}

/// A kept draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDraft {
    /// Its id.
    pub id: String,
    /// Its revision now.
    pub revision: u64,
}

/// Facts about this server that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The address that clients use, such as `http://127.0.0.1:3000`; no slash at the end.
    pub base_url: String,
    /// The release.
    pub version: &'static str,
    /// Attributes of session cookies.
    pub cookies: Cookies,
}

/// Attributes of session cookies, by how this server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// Plain HTTP on loopback, or with `--insecure-cookies`: without `Secure`.
    Plain,
    /// Behind TLS: with `Secure`.
    Secure,
    /// Plain HTTP beyond loopback: nobody can sign in; the page says why and names `--insecure-cookies`.
    Refused,
}

/// The operations on the configuration and on what belongs to it. Operations that write run to their end even if the
/// caller goes away.
pub trait ControlPlane:
    Objects + DemoInstances + Drafts + ApiKeys + RequestLogReader + ChangeHistory + Transfer + Evaluations
{
    /// The live configuration; never waits for the store.
    fn configuration(&self) -> Arc<Configuration>;
    /// Facts about this server.
    fn site(&self) -> Site;
}

/// Instances, target groups and balancers.
///
/// Changes fail with [`Refusal::Forbidden`], [`Refusal::Invalid`], [`Refusal::Taken`] if only names or ids stand in the
/// way, [`Refusal::NotFound`], and [`Refusal::Stale`] if the revision is not the current one.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Saves a new object. The body is the REST body.
    async fn create(&self, who: &Actor, kind: ObjectKind, body: Value) -> Reply<Saved>;
    /// Replaces an object; the body carries `revision`.
    async fn replace(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved>;
    /// Applies a JSON merge patch (RFC 7396); it carries `revision`.
    async fn patch(&self, who: &Actor, kind: ObjectKind, id: &str, patch: Value) -> Reply<Saved>;
    /// Saves an earlier revision of an object as its next one; the body is `{"to", "revision"}`.
    async fn roll_back(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved>;
    /// Deletes an object; [`Refusal::InUse`] if others refer to it.
    async fn delete(&self, who: &Actor, kind: ObjectKind, id: &str) -> Reply<()>;
    /// Validates a body as [`Self::create`] would, or as [`Self::replace`] if `editing` is the id of an object. Saves
    /// nothing and does not read the store.
    fn validate(&self, kind: ObjectKind, body: &Value, editing: Option<&str>) -> ValidationReport;
}

/// The built-in demo instances.
#[async_trait]
pub trait DemoInstances: Send + Sync {
    /// Adds the missing demo instances, all in one transaction. Names and ids that are taken are left alone.
    async fn add_demo(&self, who: &Actor) -> Reply<()>;
}

/// Drafts of forms, kept between requests. Each belongs to the user who made it.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// Keeps a form; makes a new draft if `draft.id` is empty. [`Refusal::Stale`] if the draft was kept since its revision,
    /// by another tab for example.
    async fn keep_draft(&self, who: &Actor, draft: Draft) -> Reply<KeptDraft>;
    /// Saves `body` as the object that the draft edits, or as a new one; a new balancer takes over the draft's evaluations,
    /// and the draft is deleted, all in one transaction. `draft.id` may be empty. [`Refusal::Stale`] if the object was saved
    /// or the draft kept since the revisions in `draft`; a draft's revision 0 stands for any.
    async fn save_draft(&self, who: &Actor, draft: Draft, body: Value) -> Reply<Saved>;
    /// A kept form of this user.
    async fn draft(&self, who: &Actor, id: &str) -> Reply<Draft>;
    /// This user's kept forms, newest first.
    async fn drafts(&self, who: &Actor) -> Reply<Vec<Draft>>;
    /// Throws a kept form away.
    async fn drop_draft(&self, who: &Actor, id: &str) -> Reply<()>;
}

/// API keys of the data plane.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// All keys, ordered by id.
    async fn api_keys(&self, who: &Actor) -> Reply<Vec<ApiKeyView>>;
    /// Creates a key with the scope in the REST body. The answer is the only one that holds the key itself.
    async fn create_api_key(&self, who: &Actor, body: Value) -> Reply<NewApiKey>;
    /// Revokes a key at once; [`Refusal::Gone`] if there is none with this id.
    async fn revoke_api_key(&self, who: &Actor, id: &str) -> Reply<()>;
}

/// Calls in the request log.
#[async_trait]
pub trait RequestLogReader: Send + Sync {
    /// The newest `limit` calls that match the filter and are older than `before`, newest first. The filter's balancer is
    /// an id, also of a deleted balancer, or the serving name of an existing one.
    async fn requests(
        &self,
        who: &Actor,
        filter: RequestFilter,
        before: Option<RequestPlace>,
        limit: u32,
    ) -> Reply<Vec<RequestLine>>;
    /// One call with its decision and attempts; [`Refusal::Gone`] if the log does not hold it.
    async fn request(&self, who: &Actor, id: &str) -> Reply<RequestDetail>;
    /// The calls of a balancer in the last hour, or the newest of them if there are very many.
    async fn traffic(&self, who: &Actor, balancer: &str) -> Reply<Traffic>;
}

/// Revisions of objects, and the audit log.
#[async_trait]
pub trait ChangeHistory: Send + Sync {
    /// The newest `limit` revisions of an object with numbers below `before`, newest first.
    async fn revisions(
        &self,
        who: &Actor,
        kind: ObjectKind,
        id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Reply<Vec<Revision>>;
    /// The newest `limit` rows of the audit log with numbers below `before`, each with its number. For admins.
    async fn audit(&self, who: &Actor, before: Option<u64>, limit: u32) -> Reply<Vec<(u64, AuditEntry)>>;
}

/// The configuration as one document.
#[async_trait]
pub trait Transfer: Send + Sync {
    /// The document of the configuration, without secrets.
    fn export(&self) -> Value;
    /// Imports a document in one transaction. A dry run changes nothing and lists errors in its report, including what
    /// this actor may not do; a real import fails with [`Refusal::Invalid`] or [`Refusal::Forbidden`] instead.
    async fn import(&self, who: &Actor, document: Value, dry_run: bool) -> Reply<ImportReport>;
}

/// Labelled prompts and runs over them. A subject is the id of a balancer, or of a draft of this user.
#[async_trait]
pub trait Evaluations: Send + Sync {
    /// Labelled prompts and runs over them. The subject is the id of a balancer, or of a draft of this user;
    /// `balancer` is what it says now.
    async fn evaluation(&self, who: &Actor, subject: &str, balancer: &Balancer) -> Reply<Evaluation>;
    /// Keeps labelled prompts, CSV or JSON lines, in place of those that the subject has.
    async fn keep_prompts(&self, who: &Actor, subject: &str, balancer: &Balancer, text: &str) -> Reply<()>;
    /// Begins a run in the background; `revision` is the balancer's, absent for a draft.
    async fn evaluate(
        &self,
        who: &Actor,
        subject: &str,
        balancer: Balancer,
        revision: Option<u64>,
    ) -> Reply<()>;
    /// Stops the run under way, whichever replica runs it; what it found so far is kept. This process stops its own run at
    /// once, another one within about a second.
    async fn stop_evaluation(&self, who: &Actor, subject: &str) -> Reply<()>;
}

/// Results that outlive a redirect, on whichever replica the next request lands; gone after ten minutes.
#[async_trait]
pub trait FlashMessages: Send + Sync {
    /// Keeps a message for a user; answers with its id.
    async fn put(&self, user: &str, body: Secret) -> Reply<String>;
    /// The message of that id, if it is this user's; it stays, so that a refresh shows it again.
    async fn peek(&self, user: &str, id: &str) -> Reply<Option<Secret>>;
    /// The same; the message is gone afterwards.
    async fn take(&self, user: &str, id: &str) -> Reply<Option<Secret>>;
    /// A text that travels in an address, sealed with the time; `None` if it is too long for one.
    fn seal(&self, text: &str) -> Option<String>;
    /// The text of [`Self::seal`], within ten minutes.
    fn unseal(&self, sealed: &str) -> Option<String>;
}
