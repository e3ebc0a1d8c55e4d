//! Evaluating: labelled prompts are kept, run through the router model in the background, and scored.
//!
//! A run is a dry run for each prompt, by the very engine that decides about calls: it calls no destination and
//! touches no health, pin, cache or breaker. It is bounded in prompts, in calls at once and in runs at once. A run belongs
//! to the process that began it; its progress is in the store, so that every replica shows it and can stop it. A run
//! whose process died is shown as interrupted and has no result.

mod jobs;
mod progress;
mod reading;

use std::time::{Duration, Instant};

use app::{
    domain::{
        config::{
            balancer::{Balancer, RoutingMode},
            configuration::Target,
        },
        console::{
            evaluation::{
                ClassifiedPrompt, Evaluation, EvaluationRun, LabelledPrompt, PromptSet, RunEnd, Score,
                outcomes::Outcome, starter_set,
            },
            feed::FeedEvent,
        },
        field_error::FieldError,
        ids::ObjectKind,
    },
    ports::{Actor, DataPlane as _, Drafts as _, Evaluations, Role},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::{Operations, access::tokens, require};
use crate::{clock, store::RUNS_OF_A_SUBJECT};

pub use jobs::{JOBS, Jobs};
pub use progress::SeenRuns;

use self::jobs::Job;

/// Router calls of a run at once, so that the router model has room for callers.
const AT_ONCE: usize = 4;
/// Runs that a page offers for a comparison: all that are stored.
const SHOWN: u32 = RUNS_OF_A_SUBJECT;
/// How often those who watch are told of progress, at most.
const TELLING: Duration = Duration::from_millis(250);

#[async_trait]
impl Evaluations for Operations {
    async fn evaluation(&self, who: &Actor, subject: &str, balancer: &Balancer) -> Reply<Evaluation> {
        self.find_subject(who, subject).await?;
        let set = self.store.prompts(subject).await?;
        let csv = match &set {
            Some(set) => reading::csv(&set.prompts),
            None => reading::csv(&starter_set(balancer)),
        };
        // Before the results, so that a run that ends in between is among them.
        let unended = self.unended_run(subject).await?;
        let runs = self.store.evaluations(subject, SHOWN).await?;
        let unended = unended.filter(|it| runs.iter().all(|run| run.id != it.id));
        let (progress, interrupted) = match unended {
            Some(run) if run.is_interrupted => (None, Some(run.progress)),
            run => (run.map(|it| it.progress), None),
        };
        Ok(Evaluation { csv, set, progress, interrupted, runs })
    }

    async fn keep_prompts(&self, who: &Actor, subject: &str, balancer: &Balancer, text: &str) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        let (balancer, text) = (balancer.clone(), text.to_owned());
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Evaluating")?;
            this.find_subject(&who, &subject).await?;
            let prompts = reading::read(&text, &balancer).map_err(Refusal::Invalid)?;
            let set = PromptSet { prompts, updated_at: clock::now(), updated_by: who.name.clone() };
            let mut write = this.store.write().await?;
            write.keep_prompts(&subject, &set).await?;
            write.commit().await?;
            this.tell(&subject);
            Ok(())
        })
        .await
    }

    async fn evaluate(
        &self,
        who: &Actor,
        subject: &str,
        balancer: Balancer,
        revision: Option<u64>,
    ) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Evaluating")?;
            this.find_subject(&who, &subject).await?;
            if balancer.routing_mode != RoutingMode::IntentClassifier || balancer.router_model.is_none() {
                return Err(refuse("router_model", "required", "There is no router model to evaluate."));
            }
            let set = this.store.prompts(&subject).await?.filter(|it| !it.prompts.is_empty());
            let Some(set) = set else {
                return Err(refuse("prompts", "required", "Save some labelled prompts first."));
            };
            let id = tokens::public_id("eval_").map_err(|_| Refusal::StoreUnavailable)?;
            let job = this.jobs.begin(&subject, &id, set.prompts.len())?;
            let run = EvaluationRun {
                id,
                begun_at: clock::now(),
                by: who.name.clone(),
                revision,
                planned: set.prompts.len(),
                router_model: this.router_model_name(&balancer),
                default_route: balancer.default_route().map(|it| it.name.clone()).unwrap_or_default(),
                ..EvaluationRun::default()
            };
            if let Err(refusal) = this.claim_run(&subject, &run).await {
                this.jobs.end(&subject);
                return Err(refusal);
            }
            tokio::spawn(async move { this.run_through(&subject, &job, &balancer, set.prompts, run).await });
            Ok(())
        })
        .await
    }

    async fn stop_evaluation(&self, who: &Actor, subject: &str) -> Reply<()> {
        let (who, subject) = (who.clone(), subject.to_owned());
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Evaluating")?;
            this.find_subject(&who, &subject).await?;
            if this.jobs.stop(&subject) {
                return Ok(());
            }
            let mut write = this.store.write().await?;
            write.stop_evaluation(&subject).await?;
            write.commit().await?;
            this.tell(&subject);
            Ok(())
        })
        .await
    }
}

impl Operations {
    /// Deletes what belongs to no balancer and no draft any more.
    pub(super) async fn delete_stray_evaluations(&self) -> Reply<()> {
        let mut write = self.store.write().await?;
        write.delete_stray_evaluations().await?;
        Ok(write.commit().await?)
    }

    /// A subject is a balancer, or a draft of this user.
    async fn find_subject(&self, who: &Actor, subject: &str) -> Reply<()> {
        if self.published.load().balancer(subject).is_some() {
            return Ok(());
        }
        if subject.starts_with("draft_") {
            return self.draft(who, subject).await.map(drop);
        }
        Err(Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: subject.to_owned() })
    }

    async fn run_through(
        &self,
        subject: &str,
        job: &Job,
        balancer: &Balancer,
        prompts: Vec<LabelledPrompt>,
        mut run: EvaluationRun,
    ) {
        self.tell(subject);
        let ended = CancellationToken::new();
        let asking = async {
            let all = self.ask_all(subject, job, balancer, prompts).await;
            ended.cancel();
            all
        };
        let (all, ()) = tokio::join!(asking, self.report_run(&run.id, job, &ended));
        run.end = if job.is_stopped() { RunEnd::Stopped } else { RunEnd::Done };
        run.ended_at = clock::now();
        run.score = Score::of(&all);
        run.outcomes = all.iter().map(Outcome::of).collect();
        if let Err(refusal) = self.keep_run(subject, &run, &job.progress()).await {
            tracing::error!(%refusal, "an evaluation is lost");
        }
        self.jobs.end(subject);
        self.tell(subject);
    }

    /// Classifies the prompts until all are done or somebody stops the run.
    async fn ask_all(
        &self,
        subject: &str,
        job: &Job,
        balancer: &Balancer,
        prompts: Vec<LabelledPrompt>,
    ) -> Vec<ClassifiedPrompt> {
        let ask = |labelled: LabelledPrompt| async move {
            let decision = self.gateway.try_prompt(balancer, &labelled.prompt).await.ok()?;
            Some(ClassifiedPrompt {
                labelled,
                ms: decision.router.as_ref().map(|it| it.ms),
                route: decision.route,
                reason: decision.reason,
                chosen: decision.chosen,
                confidence: decision.confidence,
            })
        };
        let asked = stream::iter(prompts).map(ask).buffered(AT_ONCE);
        let mut asked = Box::pin(asked.take_until(job.stopped()));
        let (mut all, mut told) = (Vec::new(), Instant::now());
        while let Some(classified) = asked.next().await {
            let Some(classified) = classified else { continue };
            job.count(classified.is_correct());
            all.push(classified);
            if told.elapsed() >= TELLING {
                told = Instant::now();
                self.tell(subject);
            }
        }
        all
    }

    /// Name of a balancer's router model; its id if it no longer exists.
    fn router_model_name(&self, balancer: &Balancer) -> String {
        let Some(router_model) = &balancer.router_model else { return String::new() };
        match self.published.load().resolve(router_model) {
            Some(Target::Instance(it)) => it.spec.name.clone(),
            Some(Target::Group(it)) => it.spec.name.clone(),
            None => router_model.target.clone(),
        }
    }

    fn tell(&self, subject: &str) {
        self.live.publish(FeedEvent::Evaluation { subject: subject.to_owned() });
    }
}

fn refuse(path: &str, code: &str, words: &str) -> Refusal {
    Refusal::Invalid(vec![FieldError::new(path, code, words)])
}
