//! What the server gives to server functions, by context. Server functions cannot be generic, so these are traits
//! behind `Arc<dyn …>`; the server crate implements them and REST calls the same operations.

mod people;

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde_json::Value;

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
        feed::RouteCalls,
        request_log::{RequestDetail, RequestFilter, RequestLine, RequestPlace},
        traffic::Traffic,
        view::{SmokeReport, TestVerdict},
    },
    field_error::ValidationReport,
    ids::ObjectKind,
    routing::{decision::Decision, health::HealthView},
    secret::Secret,
};

pub use self::people::{Invitation, People};
pub use crate::domain::{
    console::play::{DryRun, PlayCall, PlayEvent},
    role::Role,
};

/// Who is asking, and from where; revisions and audit rows carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user name, or `token` for the admin token, or `system`.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The address that they come from, where it is known.
    pub ip: Option<IpAddr>,
}

impl Actor {
    /// Whether they may revoke an API key that `made_by` made: admins every one, editors their own.
    pub fn may_revoke(&self, made_by: Option<&str>) -> bool {
        self.role == Role::Admin || (self.role == Role::Editor && made_by == Some(&*self.name))
    }
}

/// Where a request comes from. The server puts it into the extensions of requests for pages and server functions,
/// beside the [`Actor`] where somebody is signed in.
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

/// What pages need to know of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Where clients reach it, such as `http://127.0.0.1:3000`; no slash at the end.
    pub base_url: String,
    /// The release.
    pub version: &'static str,
    /// What session cookies may look like here.
    pub cookies: Cookies,
}

/// What session cookies may look like, by how this server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// Plain HTTP on loopback, or by the operator's explicit word: without `Secure`.
    Plain,
    /// Behind TLS: with `Secure`.
    Secure,
    /// Plain HTTP beyond loopback: nobody can sign in; the page says why and names `--insecure-cookies`.
    Refused,
}

/// Everything that can be done to the configuration, each checked for its role inside.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    /// What is set now; never waits for the store.
    fn configuration(&self) -> Arc<Configuration>;
    /// Facts about this server.
    fn site(&self) -> Site;
    /// Saves a new object. The body is the REST body.
    async fn create(&self, who: &Actor, kind: ObjectKind, body: Value) -> Reply<Saved>;
    /// Replaces an object; the body carries `revision`.
    async fn replace(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved>;
    /// Applies a JSON merge patch (RFC 7396); it carries `revision`.
    async fn patch(&self, who: &Actor, kind: ObjectKind, id: &str, patch: Value) -> Reply<Saved>;
    /// Deletes an object that nothing refers to.
    async fn delete(&self, who: &Actor, kind: ObjectKind, id: &str) -> Reply<()>;
    /// Judges a body as `create` (or, with `editing`, `replace`) would; saves nothing.
    fn validate(&self, kind: ObjectKind, body: &Value, editing: Option<&str>) -> ValidationReport;
    /// Adds the demo instances that are not there yet.
    async fn add_demo(&self, who: &Actor) -> Reply<()>;

    /// Keeps a form; makes a new draft where `draft.id` is empty. Answers with its id.
    async fn keep_draft(&self, who: &Actor, draft: Draft) -> Reply<String>;
    /// A kept form of this user.
    async fn draft(&self, who: &Actor, id: &str) -> Reply<Draft>;
    /// This user's kept forms, newest first.
    async fn drafts(&self, who: &Actor) -> Reply<Vec<Draft>>;
    /// Throws a kept form away.
    async fn drop_draft(&self, who: &Actor, id: &str) -> Reply<()>;

    /// The keys of the data plane.
    async fn api_keys(&self, who: &Actor) -> Reply<Vec<ApiKeyView>>;
    /// Makes a key; the body is the REST body.
    async fn create_api_key(&self, who: &Actor, body: Value) -> Reply<NewApiKey>;
    /// Revokes a key at once.
    async fn revoke_api_key(&self, who: &Actor, id: &str) -> Reply<()>;

    /// The newest `limit` calls that pass the filter and are older than `before`, newest first.
    async fn requests(
        &self,
        who: &Actor,
        filter: RequestFilter,
        before: Option<RequestPlace>,
        limit: u32,
    ) -> Reply<Vec<RequestLine>>;
    /// One call, whole.
    async fn request(&self, who: &Actor, id: &str) -> Reply<RequestDetail>;

    /// The newest `limit` revisions of an object that are older than the one numbered `before`, newest first.
    async fn revisions(
        &self,
        who: &Actor,
        kind: ObjectKind,
        id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Reply<Vec<Revision>>;
    /// Saves an earlier revision of an object as its next one; the body is `{"to", "revision"}`.
    async fn roll_back(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved>;
    /// The document of the configuration, without secrets.
    fn export(&self) -> Value;
    /// Imports a document, all of it or nothing. A dry run changes nothing and tells errors in its report; otherwise they
    /// are a refusal.
    async fn import(&self, who: &Actor, document: Value, dry_run: bool) -> Reply<ImportReport>;

    /// The newest `limit` things that somebody did, of those whose place is below `before`; each with its place.
    async fn audit(&self, who: &Actor, before: Option<u64>, limit: u32) -> Reply<Vec<(u64, AuditEntry)>>;

    /// The calls of a balancer in the last hour.
    async fn traffic(&self, who: &Actor, balancer: &str) -> Reply<Traffic>;

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
    /// Stops the run under way; what it found so far is kept.
    async fn stop_evaluation(&self, who: &Actor, subject: &str) -> Reply<()>;
    /// Hands prompts and runs of a draft on to the balancer that it became.
    async fn hand_evaluations_on(&self, who: &Actor, draft: &str, balancer: &str) -> Reply<()>;
}

/// The data plane as pages use it: the same engine that serves clients.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// How an instance is doing now.
    fn health(&self, instance_id: &str) -> HealthView;
    /// What its last answer as a router model took; `None` where it gave none since the start.
    fn classified(&self, instance_id: &str) -> Option<Duration>;
    /// Each member's part of a group's traffic now, 0.0–1.0, in the stored order of members.
    fn shares(&self, target_group_id: &str) -> Vec<f64>;
    /// The exact messages that the router model of this balancer gets for `prompt`.
    fn router_prompt(
        &self,
        balancer: &Balancer,
        prompt: &str,
    ) -> Vec<crate::domain::routing::decision::RouterMessage>;
    /// Decides about a `/v1` body without calling a destination or touching health, cache or pins.
    async fn decide(&self, balancer_id: &str, call: DryRun) -> Reply<Decision>;
    /// The same for a balancer that is not saved; the prompt is one user message.
    async fn try_prompt(&self, balancer: &Balancer, prompt: &str) -> Reply<Decision>;
    /// One real call over a route, the default where `route` is absent.
    async fn smoke_test(&self, balancer_id: &str, route: Option<String>) -> Reply<SmokeReport>;
    /// The same for a balancer that is not saved.
    async fn smoke_test_draft(&self, balancer: &Balancer, route: Option<String>) -> Reply<SmokeReport>;
    /// Asks an instance whether it answers; `call` makes a real one-token call.
    async fn test_instance(&self, instance_id: &str, call: bool) -> Reply<TestVerdict>;
    /// One call from the playground, as events; the decision comes first. Dropping the stream cancels the call.
    async fn play(&self, call: PlayCall) -> Reply<BoxStream<'static, PlayEvent>>;
}

/// What happened in the last five minutes, as this process saw it.
pub trait Recent: Send + Sync {
    /// The calls that ended, by balancer and route; routes without any are left out.
    fn calls(&self) -> Vec<RouteCalls>;
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

/// A session cookie's value and how long it lives.
#[derive(Debug)]
pub struct NewSession {
    /// The cookie's value; shown to nobody else.
    pub token: Secret,
    /// Its longest life, in seconds.
    pub max_age_s: u64,
}

/// Signing in and out. Cookies are set by the caller.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Whether there is no admin yet.
    async fn needs_setup(&self) -> Reply<bool>;
    /// Makes the first admin with the one-time token, and signs them in.
    async fn set_up(
        &self,
        token: &Secret,
        name: &str,
        password: &Secret,
        ip: Option<IpAddr>,
    ) -> Reply<NewSession>;
    /// Signs in. A wrong name and a wrong password are the same refusal.
    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession>;
    /// Ends the session.
    async fn sign_out(&self, token: &Secret) -> Reply<()>;
    /// Who a session belongs to; `Unauthenticated` where it is unknown or over.
    async fn actor(&self, token: &Secret, ip: Option<IpAddr>) -> Reply<Actor>;
}
