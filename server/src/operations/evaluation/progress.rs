//! The progress of runs in the store: a run is claimed there before it begins, its replica reports how far it is once a
//! second, and whoever asks another replica to stop it leaves word there.

use std::time::Duration;

use app::{
    domain::{
        console::{
            evaluation::{EvaluationRun, Progress},
            feed::FeedEvent,
        },
        timestamp::Timestamp,
    },
    refusal::Reply,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::{
    super::Operations,
    jobs::{JOBS, Job, already_running, busy},
};
use crate::{clock, store::LatestRun};

/// How often a replica reports its runs and reads whether they are to stop.
const REPORTING: Duration = Duration::from_secs(1);
/// How long a run that is not reported is taken for alive, in milliseconds; after that its replica is taken for dead.
const LEASE_MS: i64 = 30_000;
/// The most runs that are looked at for changes; there are only a few at once.
const FOLLOWED: u32 = 64;

/// A run that has not ended.
pub(super) struct UnendedRun {
    /// Its id, `eval_…`.
    pub(super) id: String,
    /// How far it is.
    pub(super) progress: Progress,
    /// Whether its replica died, so that nothing goes on.
    pub(super) is_interrupted: bool,
}

/// The runs of all replicas as they were last seen.
#[derive(Debug, Default)]
pub struct SeenRuns(Vec<LatestRun>);

impl SeenRuns {
    /// The subjects whose run is another one, went on, ended, or is gone, compared with `now`, which is seen from here on.
    fn update(&mut self, now: Vec<LatestRun>) -> Vec<String> {
        let is_same = |one: &LatestRun, other: &LatestRun| {
            let facts = |it: &LatestRun| (it.run_id.clone(), it.progress.clone(), it.has_ended);
            one.subject == other.subject && facts(one) == facts(other)
        };
        let differs = |run: &&LatestRun, others: &[LatestRun]| !others.iter().any(|it| is_same(run, it));
        let fresh = now.iter().filter(|it| differs(it, &self.0));
        let gone = self.0.iter().filter(|it| differs(it, &now));
        let mut changed: Vec<_> = fresh.chain(gone).map(|it| it.subject.clone()).collect();
        changed.sort_unstable();
        changed.dedup();
        self.0 = now;
        changed
    }
}

impl Operations {
    /// Claims the subject for a run, over all replicas.
    ///
    /// # Errors
    /// If a run of the subject is under way at any replica, if too many others are, or if the store cannot write.
    pub(super) async fn claim_run(&self, subject: &str, run: &EvaluationRun) -> Reply<()> {
        let mut write = self.store.write().await?;
        let now = clock::now();
        let active = write.active_evaluations(lease_start(now)).await?;
        if active.iter().any(|it| it == subject) {
            return Err(already_running());
        }
        if active.len() >= JOBS {
            return Err(busy());
        }
        let claim = LatestRun {
            subject: subject.to_owned(),
            run_id: run.id.clone(),
            progress: Progress { planned: run.planned, ..Progress::default() },
            has_ended: false,
            touched_at: now,
        };
        write.begin_evaluation(&claim).await?;
        Ok(write.commit().await?)
    }

    /// Reports how far a run of this process is until `ended`, and stops it if another replica was asked to, or if it is
    /// not the latest run of its subject any more.
    pub(super) async fn report_run(&self, run_id: &str, job: &Job, ended: &CancellationToken) {
        let mut ticks = interval_at(Instant::now() + REPORTING, REPORTING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.report_once(run_id, &job.progress()).await {
                Ok(Some(latest)) if !latest.progress.stopping => {}
                Ok(_) => job.stop(),
                Err(refusal) => tracing::debug!(%refusal, "the progress of an evaluation is not reported"),
            }
        }
    }

    async fn report_once(&self, run_id: &str, progress: &Progress) -> Reply<Option<LatestRun>> {
        let mut write = self.store.write().await?;
        let latest = write.report_evaluation(run_id, progress, false, clock::now()).await?;
        write.commit().await?;
        Ok(latest)
    }

    /// Keeps the result of a run and marks it as ended. A draft may have become a balancer meanwhile, whose result it
    /// then is.
    ///
    /// # Errors
    /// If the store cannot write.
    pub(super) async fn keep_run(
        &self,
        subject: &str,
        run: &EvaluationRun,
        progress: &Progress,
    ) -> Reply<()> {
        let mut write = self.store.write().await?;
        let latest = write.report_evaluation(&run.id, progress, true, clock::now()).await?;
        let subject = latest.as_ref().map_or(subject, |it| &it.subject);
        write.add_evaluation(subject, run).await?;
        Ok(write.commit().await?)
    }

    /// The subject's run that has not ended: under way at any replica, or interrupted because its replica died.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) async fn unended_run(&self, subject: &str) -> Reply<Option<UnendedRun>> {
        if let Some((id, progress)) = self.jobs.progress(subject) {
            return Ok(Some(UnendedRun { id, progress, is_interrupted: false }));
        }
        let latest = self.store.latest_evaluation(subject).await?.filter(|it| !it.has_ended);
        Ok(latest.map(|run| UnendedRun {
            id: run.run_id,
            progress: run.progress,
            is_interrupted: run.touched_at < lease_start(clock::now()),
        }))
    }

    /// Tells open tabs of runs that went on at any replica. While no tab is open, nothing is read.
    pub(in crate::operations) async fn follow_runs(&self, seen: &mut SeenRuns) -> Reply<()> {
        let live = &self.live;
        if !live.has_subscribers() {
            return Ok(());
        }
        let recent = self.store.recent_evaluations(lease_start(clock::now()), FOLLOWED).await?;
        for subject in seen.update(recent) {
            live.publish(FeedEvent::Evaluation { subject });
        }
        Ok(())
    }
}

/// When a run must have been reported to be taken for alive at `now`.
fn lease_start(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - LEASE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(subject: &str, done: usize, touched_at: i64) -> LatestRun {
        LatestRun {
            subject: subject.to_owned(),
            run_id: format!("eval_{subject}"),
            progress: Progress { done, planned: 9, ..Progress::default() },
            has_ended: false,
            touched_at: Timestamp(touched_at),
        }
    }

    #[test]
    fn a_run_is_told_of_when_it_begins_goes_on_ends_or_is_gone() {
        let mut seen = SeenRuns::default();
        assert_eq!(seen.update(vec![run("b", 0, 1), run("a", 0, 1)]), ["a", "b"]);
        assert!(seen.update(vec![run("a", 0, 2), run("b", 0, 2)]).is_empty(), "nothing but a sign of life");
        assert_eq!(seen.update(vec![run("a", 1, 3), run("b", 0, 3)]), ["a"]);
        let ended = LatestRun { has_ended: true, ..run("a", 1, 4) };
        assert_eq!(seen.update(vec![ended.clone(), run("b", 0, 4)]), ["a"]);
        let next = LatestRun { run_id: "eval_next".to_owned(), ..ended };
        assert_eq!(seen.update(vec![next.clone(), run("b", 0, 5)]), ["a"]);
        assert_eq!(seen.update(vec![next]), ["b"]);
    }
}
