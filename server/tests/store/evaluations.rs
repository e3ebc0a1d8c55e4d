//! Labelled prompts and the runs over them.

use app::domain::{
    console::{
        draft::Draft,
        evaluation::{EvaluationRun, LabelledPrompt, PromptSet, RunEnd, Score},
    },
    ids::ObjectKind,
};
use serde_json::json;
use server::store::{RUNS_OF_A_SUBJECT, Store};

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
        score: Score::default(),
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
