//! Labelled prompts and the runs over them.

use app::domain::{
    confidence::Confidence,
    console::{
        draft::Draft,
        evaluation::{EvaluationRun, LabelledPrompt, Progress, PromptSet, RunEnd, Score, outcomes::Outcome},
    },
    ids::ObjectKind,
};
use serde_json::json;
use server::store::{LatestRun, RUNS_OF_A_SUBJECT, Store};

use super::{
    home::Home,
    samples::{NOW, balancer, insert, instance, to_instance},
};

fn set(prompt: &str) -> PromptSet {
    let prompts = vec![LabelledPrompt { prompt: prompt.to_owned(), expected: "code".to_owned() }];
    PromptSet { prompts, updated_at: NOW, updated_by: "ada".to_owned() }
}

fn run(number: u64) -> EvaluationRun {
    EvaluationRun {
        id: format!("eval_{number:03}"),
        begun_at: NOW.plus_ms(number),
        ended_at: NOW.plus_ms(number + 5),
        by: "ada".to_owned(),
        revision: Some(number),
        end: RunEnd::Stopped,
        planned: 3,
        router_model: "small".to_owned(),
        default_route: "general".to_owned(),
        score: Score::default(),
        outcomes: vec![Outcome {
            prompt: u64::MAX - number,
            expected: "code".to_owned(),
            chosen: Some("general".to_owned()),
            correct: false,
            confidence: Confidence::from_thousandths(number),
        }],
    }
}

async fn keep(store: &Store, subject: &str, set: &PromptSet, runs: std::ops::Range<u64>) {
    let mut write = store.write().await.unwrap();
    write.keep_prompts(subject, set).await.unwrap();
    for number in runs {
        write.add_evaluation(subject, &run(number)).await.unwrap();
    }
    write.commit().await.unwrap();
}

pub(crate) async fn prompts_read_back_and_overwrite_themselves(home: &Home) {
    let store = home.open().await;
    assert_eq!(store.prompts("sb_a").await.unwrap(), None);
    keep(&store, "sb_a", &set("odd ü \0 \"x\"\n"), 0..0).await;
    keep(&store, "sb_b", &set("other"), 0..0).await;
    assert_eq!(store.prompts("sb_a").await.unwrap(), Some(set("odd ü \0 \"x\"\n")));
    keep(&store, "sb_a", &set("second"), 0..0).await;
    assert_eq!(store.prompts("sb_a").await.unwrap(), Some(set("second")));
    assert_eq!(store.prompts("sb_b").await.unwrap(), Some(set("other")));
}

pub(crate) async fn runs_are_listed_newest_first_and_the_oldest_are_deleted(home: &Home) {
    let store = home.open().await;
    let many = u64::from(RUNS_OF_A_SUBJECT) + 2;
    keep(&store, "sb_a", &set("a"), 0..many).await;
    let runs = store.evaluations("sb_a", 100).await.unwrap();
    assert_eq!(runs, (2..many).rev().map(run).collect::<Vec<_>>());
    assert_eq!(store.evaluations("sb_a", 2).await.unwrap(), runs[..2]);
    assert!(store.evaluations("sb_b", 2).await.unwrap().is_empty());
}

pub(crate) async fn evaluations_of_a_draft_move_to_its_balancer_once(home: &Home) {
    let store = home.open().await;
    keep(&store, "draft_a", &set("draft"), 0..2).await;
    let mut write = store.write().await.unwrap();
    write.move_evaluations("draft_a", "sb_a").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.prompts("draft_a").await.unwrap(), None);
    assert_eq!(store.prompts("sb_a").await.unwrap(), Some(set("draft")));
    assert_eq!(store.evaluations("sb_a", 9).await.unwrap().len(), 2);

    keep(&store, "draft_b", &set("later"), 0..0).await;
    let mut write = store.write().await.unwrap();
    write.move_evaluations("draft_b", "sb_a").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.prompts("sb_a").await.unwrap(), Some(set("draft")), "what it has stays");
}

pub(crate) async fn stray_evaluations_are_deleted(home: &Home) {
    let store = home.open().await;
    let a = instance("a");
    insert(&store, &a).await.unwrap();
    insert(&store, &balancer("kept", "kept", &[to_instance(&a)])).await.unwrap();
    let draft = Draft {
        id: "draft_kept".to_owned(),
        revision: 0,
        kind: ObjectKind::SmartBalancer,
        editing: None,
        body: json!({}),
        updated_at: NOW,
    };
    let mut write = store.write().await.unwrap();
    write.keep_draft("ada", &draft).await.unwrap();
    write.commit().await.unwrap();
    for (place, subject) in (0_u64..).zip(["sb_kept", "draft_kept", "sb_gone"]) {
        keep(&store, subject, &set("a"), place..place + 1).await;
    }
    let mut write = store.write().await.unwrap();
    write.delete_stray_evaluations().await.unwrap();
    write.commit().await.unwrap();
    for (subject, kept) in [("sb_kept", true), ("draft_kept", true), ("sb_gone", false)] {
        assert_eq!(store.prompts(subject).await.unwrap().is_some(), kept, "{subject}");
        assert_eq!(store.evaluations(subject, 9).await.unwrap().len(), usize::from(kept), "{subject}");
    }
}

fn latest(subject: &str, run_id: &str, ms: u64) -> LatestRun {
    LatestRun {
        subject: subject.to_owned(),
        run_id: run_id.to_owned(),
        progress: Progress { planned: 9, ..Progress::default() },
        has_ended: false,
        touched_at: NOW.plus_ms(ms),
    }
}

async fn begin(store: &Store, run: &LatestRun) {
    let mut write = store.write().await.unwrap();
    write.begin_evaluation(run).await.unwrap();
    write.commit().await.unwrap();
}

async fn report(store: &Store, run_id: &str, done: usize, has_ended: bool, ms: u64) -> Option<LatestRun> {
    let progress = Progress { done, correct: 1, ..Progress::default() };
    let mut write = store.write().await.unwrap();
    let latest = write.report_evaluation(run_id, &progress, has_ended, NOW.plus_ms(ms)).await.unwrap();
    write.commit().await.unwrap();
    latest
}

async fn active(store: &Store, since_ms: u64) -> Vec<String> {
    store.write().await.unwrap().active_evaluations(NOW.plus_ms(since_ms)).await.unwrap()
}

async fn stop(store: &Store, subject: &str) {
    let mut write = store.write().await.unwrap();
    write.stop_evaluation(subject).await.unwrap();
    write.commit().await.unwrap();
}

pub(crate) async fn the_progress_of_a_run_is_shared_until_it_ends(home: &Home) {
    // Two stores are two processes to each other.
    let (one, other) = (home.open().await, home.open().await);
    begin(&one, &latest("sb_a", "eval_1", 0)).await;
    assert_eq!(other.latest_evaluation("sb_a").await.unwrap(), Some(latest("sb_a", "eval_1", 0)));
    assert_eq!(other.latest_evaluation("sb_b").await.unwrap(), None);
    assert_eq!(active(&other, 0).await, ["sb_a"]);
    assert!(active(&other, 1).await.is_empty(), "nobody reported it");

    let reported = report(&one, "eval_1", 2, false, 10).await.unwrap();
    assert_eq!(
        (reported.progress.done, reported.progress.planned, reported.progress.stopping),
        (2, 9, false)
    );
    assert_eq!(other.latest_evaluation("sb_a").await.unwrap(), Some(reported));
    stop(&other, "sb_a").await;
    stop(&other, "sb_b").await;
    assert!(report(&one, "eval_1", 3, false, 20).await.unwrap().progress.stopping);
    assert!(report(&one, "eval_1", 4, true, 30).await.unwrap().has_ended);
    assert!(active(&other, 0).await.is_empty());
    assert_eq!(report(&one, "eval_1", 5, false, 40).await, None, "it has ended");
    assert_eq!(other.latest_evaluation("sb_a").await.unwrap().unwrap().progress.done, 4);
}

pub(crate) async fn the_next_run_of_a_subject_replaces_the_one_before(home: &Home) {
    let store = home.open().await;
    begin(&store, &latest("sb_a", "eval_1", 0)).await;
    stop(&store, "sb_a").await;
    begin(&store, &latest("sb_b", "eval_2", 5)).await;
    begin(&store, &latest("sb_a", "eval_3", 9)).await;
    assert_eq!(report(&store, "eval_1", 1, false, 20).await, None, "it was replaced");
    let all = [latest("sb_a", "eval_3", 9), latest("sb_b", "eval_2", 5)];
    assert_eq!(store.recent_evaluations(NOW, 9).await.unwrap(), all);
    assert_eq!(store.recent_evaluations(NOW.plus_ms(6), 9).await.unwrap(), all[..1]);
    assert_eq!(store.recent_evaluations(NOW, 1).await.unwrap(), all[..1]);
}

pub(crate) async fn a_run_under_way_moves_with_its_draft(home: &Home) {
    let store = home.open().await;
    begin(&store, &latest("draft_a", "eval_1", 0)).await;
    begin(&store, &latest("draft_b", "eval_2", 0)).await;
    for draft in ["draft_a", "draft_b"] {
        let mut write = store.write().await.unwrap();
        write.move_evaluations(draft, "sb_a").await.unwrap();
        write.commit().await.unwrap();
    }
    assert_eq!(report(&store, "eval_1", 1, false, 1).await.unwrap().subject, "sb_a");
    assert_eq!(report(&store, "eval_2", 1, false, 1).await.unwrap().subject, "draft_b", "one a subject");
    let mut write = store.write().await.unwrap();
    write.delete_stray_evaluations().await.unwrap();
    write.commit().await.unwrap();
    assert!(store.recent_evaluations(NOW, 9).await.unwrap().is_empty(), "neither is there");
}
