//! The runs under way in this process: one a subject, few at once. Each counts what it did and can be stopped.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use app::{
    domain::console::evaluation::Progress,
    refusal::{Refusal, Reply},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::refuse;

/// Runs at once, of all subjects and over all replicas.
pub const JOBS: usize = 4;

/// The runs under way in this process.
#[derive(Debug, Default)]
pub struct Jobs(Mutex<HashMap<String, Arc<Job>>>);

/// One run.
#[derive(Debug)]
pub(super) struct Job {
    run_id: String,
    planned: usize,
    done: AtomicUsize,
    correct: AtomicUsize,
    stop: CancellationToken,
}

impl Job {
    /// Counts a prompt that was classified.
    pub(super) fn count(&self, correct: bool) {
        self.correct.fetch_add(usize::from(correct), Relaxed);
        self.done.fetch_add(1, Relaxed);
    }

    /// Waits until somebody stops it.
    pub(super) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// Whether somebody stopped it.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Stops it.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// How far it is.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            done: self.done.load(Relaxed),
            correct: self.correct.load(Relaxed),
            planned: self.planned,
            stopping: self.is_stopped(),
        }
    }
}

impl Jobs {
    /// A place for a run over so many prompts.
    pub(super) fn begin(&self, subject: &str, run_id: &str, planned: usize) -> Reply<Arc<Job>> {
        let mut jobs = self.lock();
        if jobs.contains_key(subject) {
            return Err(already_running());
        }
        if jobs.len() >= JOBS {
            return Err(busy());
        }
        let job = Job {
            run_id: run_id.to_owned(),
            planned,
            done: AtomicUsize::new(0),
            correct: AtomicUsize::new(0),
            stop: CancellationToken::new(),
        };
        let job = Arc::new(job);
        jobs.insert(subject.to_owned(), Arc::clone(&job));
        Ok(job)
    }

    /// Gives the place back.
    pub(super) fn end(&self, subject: &str) {
        self.lock().remove(subject);
    }

    /// Stops a run; `false` if this process has none of the subject.
    pub(super) fn stop(&self, subject: &str) -> bool {
        let jobs = self.lock();
        let job = jobs.get(subject);
        job.inspect(|it| it.stop()).is_some()
    }

    /// The id of a subject's run and how far it is, where there is one.
    pub(super) fn progress(&self, subject: &str) -> Option<(String, Progress)> {
        self.lock().get(subject).map(|it| (it.run_id.clone(), it.progress()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal of a second run of a subject.
pub(super) fn already_running() -> Refusal {
    refuse("", "running", "A run is under way. Wait for its end, or stop it.")
}

/// The refusal of one run too many.
pub(super) fn busy() -> Refusal {
    refuse("", "busy", "Other evaluations are running. Try again when one has ended.")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_run_and_there_are_few_at_once() {
        let jobs = Jobs::default();
        for subject in ["a", "b", "c", "d"] {
            jobs.begin(subject, "eval_1", 9).unwrap().count(true);
        }
        assert!(jobs.begin("a", "eval_2", 9).is_err() && jobs.begin("e", "eval_2", 9).is_err());
        assert!(jobs.stop("a") && !jobs.stop("e"));
        let progress = Progress { done: 1, correct: 1, planned: 9, stopping: true };
        assert_eq!(jobs.progress("a"), Some(("eval_1".to_owned(), progress)));
        jobs.end("a");
        assert_eq!(jobs.progress("a"), None);
        assert!(jobs.begin("e", "eval_2", 9).is_ok());
    }
}
