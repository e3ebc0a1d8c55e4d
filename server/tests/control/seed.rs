//! What the brief itself shows is accepted.

use serde_json::{Value, json};

use super::samples::{balancer, faults, group, instances, with};
use crate::console::TestServer;

const SAMPLE: &str = r#"{
  "name": "tech-support-pool",
  "display_name": "Tech support pool",
  "description": "Pool of tech-support instances behind a single name.",
  "workload_kind": "chat",
  "selection_policy": "weighted_round_robin",
  "enabled": true,
  "members": [
    { "instance_id": "inst_a", "weight": 100, "enabled": true, "priority": 1 },
    { "instance_id": "inst_b", "weight": 100, "enabled": true, "priority": 2 }
  ]
}"#;

pub(crate) async fn the_sample_target_group_is_accepted_unchanged(server: &TestServer) {
    let sample: Value = serde_json::from_str(SAMPLE).unwrap();
    let places = ["members[0].instance_id", "members[1].instance_id"];
    let unknown = places.map(|it| (it, "unknown_instance"));
    assert_eq!(server.post("/target-groups", &sample).await.faults(), faults(&unknown));
    instances(server, &["a"]).await;
    assert_eq!(server.post("/target-groups", &sample).await.faults(), faults(&unknown[1..]));
    instances(server, &["b"]).await;
    let made = server.make("/target-groups", &sample).await;
    assert_eq!(made["id"], "tg_tech-support-pool");
    for (field, given) in sample.as_object().unwrap().iter().filter(|(field, _)| *field != "members") {
        assert_eq!(&made[field], given);
    }
    for (member, given) in
        made["members"].as_array().unwrap().iter().zip(sample["members"].as_array().unwrap())
    {
        for (field, given) in given.as_object().unwrap() {
            assert_eq!(&member[field], given);
        }
    }
}

pub(crate) async fn references_by_name_are_stored_as_ids(server: &TestServer) {
    let chat = json!({ "name": "Big GPU", "base_url": "http://127.0.0.1:9", "model": "m", "id": "inst_gpu" });
    server.make("/instances", &chat).await;
    server.make("/target-groups", &with(group("pool", "inst_gpu"), json!({ "id": "tg_7" }))).await;
    let mut desk = balancer("desk", "  big gpu ");
    desk["routing_mode"] = json!("intent_classifier");
    desk["router_model"] = json!({ "type": "instance", "ref": "Big GPU" });
    let mut pool = desk["routes"][0].clone();
    pool["name"] = json!("pool");
    pool["is_default"] = json!(false);
    pool["destination"] = json!({ "type": "target_group", "ref": "pool" });
    desk["routes"].as_array_mut().unwrap().push(pool);
    let made = server.make("/smart-balancers", &desk).await;
    assert_eq!(made["router_model"], json!({ "type": "instance", "ref": "inst_gpu" }));
    assert_eq!(made["routes"][0]["destination"]["ref"], "inst_gpu");
    assert_eq!(made["routes"][1]["destination"]["ref"], "tg_7");

    // So the names may change.
    server.patch("/instances/inst_gpu", &json!({ "revision": 1, "name": "Small GPU" })).await.expect(200);
    let read = server.get("/smart-balancers/sb_desk").await.expect(200);
    assert_eq!(read, made);
    let edit = json!({ "revision": 1, "router_model": { "type": "instance", "ref": "Big GPU" } });
    let gone = server.patch("/smart-balancers/sb_desk", &edit).await;
    assert_eq!(gone.faults(), faults(&[("router_model.ref", "unknown_destination")]));
}
