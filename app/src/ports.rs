//! Traits towards the server. Pages and server functions get them from the context as `Arc<dyn …>`, because server
//! functions cannot be generic. The server crate implements each once; its REST handlers call the same
//! implementations.
//!
//! Operations that write check the actor's role themselves.

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
        discovery::Discovery,
        draft::Draft,
        evaluation::Evaluation,
        request_log::{RequestDetail, RequestFilter, RequestLine, threshold::SureDecision},
        traffic::Traffic,
    },
    field_error::ValidationReport,
    ids::{ObjectKind, RequestId},
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
    /// Permissions.
    pub role: Role,
    /// The client's address, if known.
    pub ip: Option<IpAddr>,
}

impl Actor {
    /// Whether this actor may revoke an API key that `made_by` created: admins any key, editors their own.
    pub fn may_revoke(&self, made_by: Option<&str>) -> bool {
        self.role == Role::Admin || (self.role == Role::Editor && made_by == Some(&*self.name))
    }
}

/// The client of a request. The server adds it to the extensions of requests for pages and server functions,
/// together with the [`Actor`] of a signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Client address.
    pub ip: IpAddr,
    /// Whether the client uses HTTPS, to this server or to a trusted proxy.
    pub is_https: bool,
}

/// A saved object.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Id of the object.
    pub id: String,
    /// The whole object in its REST form.
    pub body: Value,
}

/// A saved draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDraft {
    /// Id of the object.
    pub id: String,
    /// The new revision.
    pub revision: u64,
}

/// Facts about this server that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Base URL for clients without a trailing slash, such as `http://127.0.0.1:3000`.
    pub base_url: String,
    /// The release of the server.
    pub version: &'static str,
    /// Attributes of session cookies.
    pub cookies: Cookies,
}

/// Attributes of session cookies, depending on how clients reach this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// Plain HTTP on loopback, or with `--insecure-cookies`: without `Secure`.
    Plain,
    /// Behind TLS: with `Secure`.
    Secure,
    /// Plain HTTP beyond loopback: sign-in is impossible; the page explains it and names `--insecure-cookies`.
    Refused,
}

/// Operations on the configuration and related data. Operations that write run to completion even if the client
/// disconnects.
pub trait ControlPlane:
    Objects
    + ModelDiscovery
    + DemoInstances
    + Drafts
    + ApiKeys
    + RequestLogReader
    + ChangeHistory
    + Transfer
    + Evaluations
{
    /// The live configuration, without access to the store.
    fn configuration(&self) -> Arc<Configuration>;
    /// Facts about this server.
    fn site(&self) -> Site;
}

/// Discovery of what a model server offers; saves nothing.
#[async_trait]
pub trait ModelDiscovery: Send + Sync {
    /// Asks the server at `{"base_url", "api_key", "auth_header", "headers"}` for its models and APIs. For admins.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`]; [`Refusal::Invalid`] with every error of the body, or if the server cannot be reached or
    /// refuses the key; [`Refusal::Throttled`].
    async fn discover(&self, who: &Actor, connection: Value) -> Reply<Discovery>;
}

/// Instances, target groups and balancers.
///
/// Changes fail with [`Refusal::Forbidden`], [`Refusal::Invalid`], [`Refusal::Taken`] if names or ids in use are the
/// only errors, [`Refusal::NotFound`], and [`Refusal::Stale`] if the revision is not the current one.
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
    /// Adds all missing demo instances in one transaction. Skips names and ids that are in use.
    async fn add_demo(&self, who: &Actor) -> Reply<()>;
}

/// Drafts of forms, stored between requests. Each belongs to the user who created it.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// Saves a draft; creates a new one if `draft.id` is empty. [`Refusal::Stale`] if the draft was saved since its
    /// revision, for example by another tab.
    async fn keep_draft(&self, who: &Actor, draft: Draft) -> Reply<KeptDraft>;
    /// Saves `body` as the object that the draft edits, or as a new object, and deletes the draft in the same
    /// transaction. A new balancer takes over the draft's evaluations. `draft.id` may be empty. [`Refusal::Stale`]
    /// if the object or the draft was saved since the revisions in `draft`; revision 0 of a draft matches any.
    async fn save_draft(&self, who: &Actor, draft: Draft, body: Value) -> Reply<Saved>;
    /// A draft of this user.
    async fn draft(&self, who: &Actor, id: &str) -> Reply<Draft>;
    /// The drafts of this user, newest first.
    async fn drafts(&self, who: &Actor) -> Reply<Vec<Draft>>;
    /// Deletes a draft.
    async fn drop_draft(&self, who: &Actor, id: &str) -> Reply<()>;
}

/// API keys of the data plane.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// All keys, ordered by id.
    async fn api_keys(&self, who: &Actor) -> Reply<Vec<ApiKeyView>>;
    /// Creates a key from the REST body. Only this reply contains the key itself.
    async fn create_api_key(&self, who: &Actor, body: Value) -> Reply<NewApiKey>;
    /// Revokes a key at once; [`Refusal::Gone`] if it does not exist.
    async fn revoke_api_key(&self, who: &Actor, id: &str) -> Reply<()>;
}

/// Calls in the request log.
#[async_trait]
pub trait RequestLogReader: Send + Sync {
    /// The newest `limit` calls that match the filter and are older than `before`, newest first. The filter's
    /// balancer is an id, possibly of a deleted balancer, or the serving name of an existing one.
    async fn requests(
        &self,
        who: &Actor,
        filter: RequestFilter,
        before: Option<RequestId>,
        limit: u32,
    ) -> Reply<Vec<RequestLine>>;
    /// A call with its decision and attempts; [`Refusal::Gone`] if it is not in the log.
    async fn request(&self, who: &Actor, id: &str) -> Reply<RequestDetail>;
    /// The calls of a balancer in the last hour, limited to the newest.
    async fn traffic(&self, who: &Actor, balancer: &str) -> Reply<Traffic>;
    /// The newest decisions of a balancer that carry a confidence, at most
    /// [`DECISIONS`](crate::domain::console::request_log::threshold::DECISIONS), newest first.
    async fn sure_decisions(&self, who: &Actor, balancer: &str) -> Reply<Vec<SureDecision>>;
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
    /// Imports a document in one transaction. A dry run changes nothing and reports all errors, including missing
    /// permissions; a real import fails with [`Refusal::Invalid`] or [`Refusal::Forbidden`] instead.
    async fn import(&self, who: &Actor, document: Value, dry_run: bool) -> Reply<ImportReport>;
}

/// Labelled prompts and runs over them. A subject is the id of a balancer, or of a draft of this user.
#[async_trait]
pub trait Evaluations: Send + Sync {
    /// The prompts and runs of a subject. `balancer` is its current state.
    async fn evaluation(&self, who: &Actor, subject: &str, balancer: &Balancer) -> Reply<Evaluation>;
    /// Replaces the labelled prompts of a subject by those in `text` (CSV or JSON lines).
    async fn keep_prompts(&self, who: &Actor, subject: &str, balancer: &Balancer, text: &str) -> Reply<()>;
    /// Starts a run in the background. `revision` is that of the balancer; `None` for a draft.
    async fn evaluate(
        &self,
        who: &Actor,
        subject: &str,
        balancer: Balancer,
        revision: Option<u64>,
    ) -> Reply<()>;
    /// Stops the run of a subject on whichever replica runs it; its partial result is saved. A run of this process
    /// stops at once, another within about a second.
    async fn stop_evaluation(&self, who: &Actor, subject: &str) -> Reply<()>;
}

/// Data that outlives a redirect, readable on every replica for ten minutes.
#[async_trait]
pub trait FlashMessages: Send + Sync {
    /// Stores a message for a user and returns its id.
    async fn put(&self, user: &str, body: Secret) -> Reply<String>;
    /// The message with this id, if it belongs to this user. It stays, so that a refresh shows it again.
    async fn peek(&self, user: &str, id: &str) -> Reply<Option<Secret>>;
    /// Like [`Self::peek`], but deletes the message.
    async fn take(&self, user: &str, id: &str) -> Reply<Option<Secret>>;
    /// Seals a text with a timestamp for use in a URL; `None` if it is too long.
    fn seal(&self, text: &str) -> Option<String>;
    /// Opens a text from [`Self::seal`]; `None` after ten minutes.
    fn unseal(&self, sealed: &str) -> Option<String>;
}
