//! What can be done to the configuration, by whom, once: check the role, judge, write with revision and audit row in
//! one transaction, publish. Pages and REST are doors to this; neither knows SQL.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use app::{
    domain::{
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
    },
    ports::{Actor, ControlPlane, Role, Saved, Site},
    refusal::{Refusal, Reply},
};
use arc_swap::ArcSwap;
use async_trait::async_trait;
use serde_json::Value;

use self::{history::RollBack, objects::Edit, requests::Retention, throttle::Throttle};
use crate::{
    egress::EgressPolicy,
    gateway::Gateway,
    live::LiveFeed,
    seal::Keeper,
    store::{Store, StoreError},
};

pub mod account;
pub mod api_keys;
pub mod demo;
pub mod drafts;
pub mod evaluation;
pub mod flash;
pub mod follow;
pub mod history;
pub mod housekeeping;
pub mod judge;
pub mod objects;
pub mod passwords;
pub mod people;
pub mod publish;
pub mod render;
pub mod requests;
pub mod rotation;
pub mod sessions;
pub mod spec;
pub mod throttle;
pub mod tokens;
pub mod trace;
pub mod transfer;

/// What operations need to know of the running server.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Facts that pages show.
    pub site: Site,
    /// Where this server answers for demo instances; stored objects hold no such address.
    pub demo_base_url: String,
    /// The addresses that it listens on, so that no instance can be the server itself.
    pub listeners: Vec<SocketAddr>,
    /// Which addresses instances may have.
    pub egress: EgressPolicy,
    /// How much of the request log is kept.
    pub retention: Retention,
    /// Who is told how far evaluations are.
    pub live: Arc<LiveFeed>,
}

/// The operations on one store and one gateway.
pub struct Operations {
    store: Store,
    keeper: Keeper,
    gateway: Arc<Gateway>,
    surroundings: Surroundings,
    throttle: Throttle,
    published: ArcSwap<Configuration>,
    /// Held while a configuration goes live, so that an older one never replaces a newer one.
    publishing: Mutex<()>,
    /// Evaluations under way in this process.
    jobs: evaluation::Jobs,
}

impl Operations {
    /// Operations over these parts. Nothing is live yet: see [`Operations::reload`].
    pub fn new(store: Store, keeper: Keeper, gateway: Arc<Gateway>, surroundings: Surroundings) -> Self {
        Self {
            store,
            keeper,
            gateway,
            surroundings,
            throttle: Throttle::default(),
            published: ArcSwap::default(),
            publishing: Mutex::default(),
            jobs: evaluation::Jobs::default(),
        }
    }

    /// What came of tries to sign in, since the start.
    pub fn sign_ins(&self) -> &throttle::Counters {
        &self.throttle.counters
    }
}

/// Refuses whoever has less than `role`.
fn require(who: &Actor, role: Role, what: &str) -> Reply<()> {
    if who.role >= role {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!("{what} takes the role of {}.", role.words())))
}

impl From<StoreError> for Refusal {
    /// What a failing store means to whoever asked. The cause goes to the log, not to them.
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the store refused an operation");
        Self::StoreUnavailable
    }
}

/// The operations as pages and REST call them. Each change runs in a task of its own: a client that leaves in the
/// middle would otherwise leave a commit undecided, or a committed change unpublished.
#[derive(Clone)]
pub struct Control(pub Arc<Operations>);

impl Control {
    async fn to_the_end<T, F>(&self, work: impl FnOnce(Arc<Operations>) -> F) -> Reply<T>
    where
        T: Send + 'static,
        F: Future<Output = Reply<T>> + Send + 'static,
    {
        tokio::spawn(work(Arc::clone(&self.0))).await.map_err(|_| Refusal::StoreUnavailable)?
    }
}

#[async_trait]
impl ControlPlane for Control {
    fn configuration(&self) -> Arc<Configuration> {
        self.0.published.load_full()
    }

    fn site(&self) -> Site {
        self.0.surroundings.site.clone()
    }

    async fn create(&self, who: &Actor, kind: ObjectKind, body: Value) -> Reply<Saved> {
        let who = who.clone();
        self.to_the_end(|it| async move { it.create_object(&who, kind, &body).await }).await
    }

    async fn replace(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved> {
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.edit_object(&who, kind, &id, Edit::Replace(body)).await }).await
    }

    async fn patch(&self, who: &Actor, kind: ObjectKind, id: &str, patch: Value) -> Reply<Saved> {
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.edit_object(&who, kind, &id, Edit::Patch(patch)).await }).await
    }

    async fn delete(&self, who: &Actor, kind: ObjectKind, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.delete_object(&who, kind, &id).await }).await
    }

    fn validate(&self, kind: ObjectKind, body: &Value, editing: Option<&str>) -> ValidationReport {
        self.0.judge(kind, body, editing)
    }

    async fn add_demo(&self, who: &Actor) -> Reply<()> {
        let who = who.clone();
        self.to_the_end(|it| async move { it.add_demo_instances(&who).await }).await
    }

    async fn keep_draft(&self, who: &Actor, draft: Draft) -> Reply<String> {
        let who = who.clone();
        self.to_the_end(|it| async move { it.keep(&who, draft).await }).await
    }

    async fn draft(&self, who: &Actor, id: &str) -> Reply<Draft> {
        self.0.kept(who, id).await
    }

    async fn drafts(&self, who: &Actor) -> Reply<Vec<Draft>> {
        Ok(self.0.store.drafts(&who.name).await?)
    }

    async fn drop_draft(&self, who: &Actor, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.forget(&who, &id).await }).await
    }

    async fn api_keys(&self, who: &Actor) -> Reply<Vec<ApiKeyView>> {
        self.0.list_api_keys(who).await
    }

    async fn create_api_key(&self, who: &Actor, body: Value) -> Reply<NewApiKey> {
        let who = who.clone();
        self.to_the_end(|it| async move { it.make_api_key(&who, &body).await }).await
    }

    async fn revoke_api_key(&self, who: &Actor, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.revoke_key(&who, &id).await }).await
    }

    async fn requests(
        &self,
        who: &Actor,
        filter: RequestFilter,
        before: Option<RequestPlace>,
        limit: u32,
    ) -> Reply<Vec<RequestLine>> {
        self.0.requests(who, filter, before.as_ref(), limit).await
    }

    async fn request(&self, who: &Actor, id: &str) -> Reply<RequestDetail> {
        self.0.request(who, id).await
    }

    async fn revisions(
        &self,
        who: &Actor,
        kind: ObjectKind,
        id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Reply<Vec<Revision>> {
        self.0.revisions(who, kind, id, before, limit).await
    }

    async fn roll_back(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved> {
        let edit = Edit::RollBack(RollBack::read(&body)?);
        let (who, id) = (who.clone(), id.to_owned());
        self.to_the_end(|it| async move { it.edit_object(&who, kind, &id, edit).await }).await
    }

    fn export(&self) -> Value {
        self.0.export()
    }

    async fn import(&self, who: &Actor, document: Value, dry_run: bool) -> Reply<ImportReport> {
        if dry_run {
            return self.0.try_import(who, &document).await;
        }
        let who = who.clone();
        self.to_the_end(|it| async move { it.import(&who, &document).await }).await
    }

    async fn audit(&self, who: &Actor, before: Option<u64>, limit: u32) -> Reply<Vec<(u64, AuditEntry)>> {
        self.0.audit(who, before, limit).await
    }

    async fn traffic(&self, who: &Actor, balancer: &str) -> Reply<Traffic> {
        self.0.traffic(who, balancer).await
    }

    async fn evaluation(&self, who: &Actor, subject: &str, balancer: &Balancer) -> Reply<Evaluation> {
        self.0.evaluation(who, subject, balancer).await
    }

    async fn keep_prompts(&self, who: &Actor, subject: &str, balancer: &Balancer, text: &str) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        let (balancer, text) = (balancer.clone(), text.to_owned());
        self.to_the_end(|it| async move { it.keep_prompts(&who, &subject, &balancer, &text).await }).await
    }

    async fn evaluate(
        &self,
        who: &Actor,
        subject: &str,
        balancer: Balancer,
        revision: Option<u64>,
    ) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        self.to_the_end(|it| async move { it.evaluate(&who, &subject, balancer, revision).await }).await
    }

    async fn stop_evaluation(&self, who: &Actor, subject: &str) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        self.to_the_end(|it| async move { it.stop_evaluation(&who, &subject).await }).await
    }

    async fn hand_evaluations_on(&self, who: &Actor, draft: &str, balancer: &str) -> Reply<()> {
        let (who, draft, balancer) = (who.clone(), draft.to_owned(), balancer.to_owned());
        self.to_the_end(|it| async move { it.hand_evaluations_on(&who, &draft, &balancer).await }).await
    }
}
