//! Validation of target groups and their members.

use super::*;
use crate::domain::limits;

#[test]
fn a_sound_group_has_no_errors() {
    assert_eq!(of_group(|_| {}), []);
    assert_eq!(
        errors(new(Object::TargetGroup(&group("e2", WorkloadKind::Embeddings, &["inst_e", "inst_f"])))),
        []
    );
}

#[test]
fn a_group_has_a_slug_that_no_other_group_has() {
    assert_eq!(of_group(|it| it.name = String::new()), one("name", "required"));
    assert_eq!(of_group(|it| it.name = "My Pool".to_owned()), one("name", "invalid_slug"));
    assert_eq!(of_group(|it| it.name = "a".repeat(63)), []);
    assert_eq!(of_group(|it| it.name = "a".repeat(64)), one("name", "too_long"));
    assert_eq!(of_group(|it| it.name = "chat".to_owned()), one("name", "name_taken"));
}

#[test]
fn a_groups_texts_have_limits() {
    assert_eq!(of_group(|it| it.display_name = "a".repeat(121)), one("display_name", "too_long"));
    assert_eq!(of_group(|it| it.description = "a".repeat(501)), one("description", "too_long"));
    assert_eq!(of_group(|it| it.description = "two\nlines".to_owned()), []);
    assert_eq!(of_group(|it| it.description = "nul\0".to_owned()), one("description", "control_character"));
}

#[test]
fn a_group_has_at_least_one_member_and_at_most_256() {
    assert_eq!(of_group(|it| it.members.clear()), one("members", "too_short"));
    let mut configuration = sound();
    let ids: Vec<_> = (0..=limits::MEMBERS).map(|it| format!("inst_m{it}")).collect();
    for id in &ids {
        configuration.instances.push(stored(InstanceId::from(id.as_str()), chat(id)));
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let large = group("large", WorkloadKind::Chat, &ids[1..]);
    assert_eq!(errors_in(&configuration, new(Object::TargetGroup(&large))), []);
    let larger = group("larger", WorkloadKind::Chat, &ids);
    assert_eq!(errors_in(&configuration, new(Object::TargetGroup(&larger))), one("members", "too_long"));
}

#[test]
fn a_member_names_an_instance_that_exists_and_only_once() {
    let to = |id: &'static str| move |it: &mut TargetGroup| it.members[1].instance_id = InstanceId::from(id);
    assert_eq!(of_group(to("inst_gone")), one("members[1].instance_id", "unknown_instance"));
    assert_eq!(of_group(to("")), one("members[1].instance_id", "required"));
    assert_eq!(of_group(to("inst_a")), one("members[1].instance_id", "duplicate_member"));
}

#[test]
fn a_members_weight_and_priority_stay_in_their_ranges() {
    assert_eq!(of_group(|it| it.members[0].weight = 1_000_000), []);
    assert_eq!(of_group(|it| it.members[0].weight = 1_000_001), one("members[0].weight", "out_of_range"));
    assert_eq!(of_group(|it| it.members[0].priority = 0), one("members[0].priority", "out_of_range"));
}

#[test]
fn a_group_does_not_mix_workload_kinds() {
    let mixed = |it: &mut TargetGroup| it.members[1].instance_id = InstanceId::from("inst_e");
    assert_eq!(of_group(mixed), one("members[1].instance_id", "workload_mismatch"));
}

#[test]
fn an_embeddings_group_mixes_neither_models_nor_known_dimensions() {
    let group = group("new", WorkloadKind::Embeddings, &["inst_e", "inst_f"]);
    let with = |bend: fn(&mut Instance)| {
        let mut configuration = sound();
        bend(&mut configuration.instances[3].spec);
        errors_in(&configuration, new(Object::TargetGroup(&group)))
    };
    assert_eq!(with(|it| it.model = "embedder-2".to_owned()), one("members", "mixed_models"));
    assert_eq!(with(|it| it.dimensions = Some(512)), one("members", "mixed_dimensions"));
    assert_eq!(with(|it| it.dimensions = None), []);
    assert_eq!(with(|it| it.model = String::new()), one("members[1].instance_id", "model_required"));
}

#[test]
fn two_spellings_of_an_embedding_model_are_one_model() {
    let with = |models: &[&str]| {
        let mut configuration = sound();
        configuration.target_groups.clear();
        configuration.balancers.clear();
        let ids: Vec<_> = (0..models.len()).map(|it| format!("inst_m{it}")).collect();
        for (id, model) in ids.iter().zip(models) {
            let instance = Instance { model: (*model).to_owned(), ..embedder(id) };
            configuration.instances.push(stored(InstanceId::from(id.as_str()), instance));
        }
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        errors_in(&configuration, new(Object::TargetGroup(&group("new", WorkloadKind::Embeddings, &ids))))
    };
    for alike in [
        &["bge-m3", "BAAI/bge-m3"][..],
        &["hf.co/BAAI/bge-m3", "baai/BGE-M3"],
        &["bge-m3:latest", "bge-m3"],
        &["BAAI/bge-m3", "bge-m3", "baai/bge-m3"],
    ] {
        assert_eq!(with(alike), [], "{alike:?}");
    }
    for mixed in [
        &["acme/bge-m3", "BAAI/bge-m3"][..],
        &["bge-m3:567m", "bge-m3"],
        &["bge-m3", "bge-m3/large"],
        &["bge-m3", "BAAI/bge-m3", "acme/bge-m3"],
    ] {
        assert_eq!(with(mixed), one("members", "mixed_models"), "{mixed:?}");
    }
}
