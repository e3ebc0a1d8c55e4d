//! Two instances of embeddings in one group, each of which answers as the test says.

use app::domain::config::instance::{Instance, WorkloadKind};
use serde_json::{Value, json};
use server::gateway::CallRecord;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    raw_upstream::RawUpstream,
    rig::{Got, Rig, SOON, Setup, got},
};

/// The length of the vectors of the instance that answers well.
const LENGTH: usize = 4;

/// An answer with these vectors, each as it is written.
pub(crate) fn list(vectors: &[&str]) -> String {
    let items: Vec<_> = vectors
        .iter()
        .enumerate()
        .map(|(index, it)| format!("{{\"object\":\"embedding\",\"index\":{index},\"embedding\":{it}}}"))
        .collect();
    let usage = "\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}";
    format!("{{\"object\":\"list\",\"data\":[{}],\"model\":\"m\",{usage}}}", items.join(","))
}

/// An answer with as many vectors as the call has inputs, of the length that it asks for.
pub(crate) fn answer_well(request: &str) -> String {
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let inputs = match &body["input"] {
        Value::Array(items) if !items[0].is_number() => items.len(),
        _ => 1,
    };
    let asked = ["dimensions", "output_dimension"].into_iter().find_map(|it| body[it].as_u64());
    let length = asked.map_or(LENGTH, |it| usize::try_from(it).unwrap());
    let vector = json!(vec![0.5; length]).to_string();
    list(&vec![vector.as_str(); inputs])
}

fn whole(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
    format!("{head} {}\r\n\r\n{body}", body.len())
}

/// The balancer `try` over a group in which `inst_a` answers as the test says, and `inst_b` stands behind it.
pub(crate) struct Vectors {
    pub(crate) rig: Rig,
    _upstreams: [RawUpstream; 2],
    records: mpsc::Receiver<CallRecord>,
}

impl Vectors {
    /// `body` makes the first instance's answer to a request; the other one answers well.
    pub(crate) async fn start(body: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::start_both(body, answer_well).await
    }

    pub(crate) async fn start_both(
        a: impl Fn(&str) -> String + Send + Sync + 'static,
        b: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(move |it| whole(&a(it)), b, |_| {}).await
    }

    /// `answer` makes all of the first instance's answer, its head included.
    pub(crate) async fn start_raw(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::start_with(answer, answer_well, |_| {}).await
    }

    pub(crate) async fn start_with(
        a: impl Fn(&str) -> String + Send + Sync + 'static,
        b: impl Fn(&str) -> String + Send + Sync + 'static,
        change: impl FnOnce(&mut Instance),
    ) -> Self {
        let (a, b) = (RawUpstream::start(a).await, RawUpstream::start(move |it| whole(&b(it))).await);
        let (sender, records) = mpsc::channel(100);
        let setup = Setup { records: Some(sender), ..Setup::new() };
        let rig = setup
            .instance("a", &format!("{}/v1", a.origin), "m", |it| {
                it.workload_kind = WorkloadKind::Embeddings;
                change(it);
            })
            .instance("b", &format!("{}/v1", b.origin), "m", |it| it.workload_kind = WorkloadKind::Embeddings)
            .group("both", &[("a", 1, 1), ("b", 1, 2)])
            .balancer("try", &[("only", "tg_both")], |it| it.workload_kind = WorkloadKind::Embeddings)
            .start()
            .await;
        Self { rig, _upstreams: [a, b], records }
    }

    /// A call with these members, as they are written.
    pub(crate) async fn embed(&self, members: &str) -> Got {
        got(self.rig.post("/v1/embeddings", format!("{{\"model\":\"try\",{members}}}"))).await
    }

    /// Calls with these members, and asserts that this instance's answer passes.
    pub(crate) async fn assert_answered_by(&self, instance: &str, members: &str) {
        let answer = self.embed(members).await;
        let seen = (answer.status, answer.header("x-sb-instance"));
        assert_eq!(seen, (200, instance), "{members}: {}", answer.text());
    }

    /// The learned lengths, by instance.
    pub(crate) fn learned(&self) -> Vec<(String, u64)> {
        let mut learned: Vec<_> = self
            .rig
            .gateway
            .learned_dimensions()
            .into_iter()
            .map(|(id, length)| (id.to_string(), length))
            .collect();
        learned.sort();
        learned
    }

    /// The record of the next call.
    pub(crate) async fn record(&mut self) -> CallRecord {
        timeout(SOON, self.records.recv()).await.unwrap().unwrap()
    }
}
