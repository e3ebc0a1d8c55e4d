//! Validation of embeddings pools: vectors of different models must never mix.

use crate::domain::{
    config::configuration::{Configuration, StoredInstance, Target},
    field_error::FieldError,
};

/// The instances behind a destination, without missing members, which are an error of their group.
pub(super) fn instances<'a>(configuration: &'a Configuration, target: Target<'a>) -> Vec<&'a StoredInstance> {
    match target {
        Target::Instance(instance) => vec![instance],
        Target::Group(group) => {
            let members = group.spec.members.iter();
            members.filter_map(|member| configuration.instance(member.instance_id.as_str())).collect()
        }
    }
}

/// Requires an instance to set its model, because a model id from the caller does not identify the vectors.
pub(super) fn check_model(instance: &StoredInstance, path: &str, errors: &mut Vec<FieldError>) {
    if instance.spec.model.is_empty() {
        let message = format!("Give the instance “{}” a model first.", instance.spec.name);
        errors.push(FieldError::new(path, "model_required", message));
    }
}

/// Whether two ids are spellings of one embeddings model. Servers write one model with or without its owner (`bge-m3`,
/// `BAAI/bge-m3`), with Ollama's default tag (`bge-m3:latest`), and in any case.
pub fn is_same_model(one: &str, other: &str) -> bool {
    let [(owner, name), (other_owner, other_name)] = [one, other].map(owner_and_name);
    let is_same_owner = owner.zip(other_owner).is_none_or(|(one, other)| one.eq_ignore_ascii_case(other));
    is_same_owner && name.eq_ignore_ascii_case(other_name)
}

fn owner_and_name(model: &str) -> (Option<&str>, &str) {
    let model = model.strip_suffix(":latest").unwrap_or(model);
    match model.rsplit_once('/') {
        Some((owner, name)) => (owner.rsplit('/').next(), name),
        None => (None, model),
    }
}

/// Requires all instances to serve the same model with the same dimensions, if known. Instances without a model are
/// reported elsewhere.
pub(super) fn check_alike(pool: &[&StoredInstance], path: &str, errors: &mut Vec<FieldError>) {
    let with_model = || pool.iter().filter(|it| !it.spec.model.is_empty());
    // The most specific spelling, so that one without an owner does not join models of two owners.
    let first = with_model().find(|it| it.spec.model.contains('/')).or_else(|| with_model().next());
    if let Some(first) = first
        && let Some(other) = with_model().find(|it| !is_same_model(&it.spec.model, &first.spec.model))
    {
        let message = format!(
            "Use instances of one embedding model; “{}” serves {} and “{}” serves {}.",
            first.spec.name, first.spec.model, other.spec.name, other.spec.model
        );
        errors.push(FieldError::new(path, "mixed_models", message));
    }
    let mut known = pool.iter().filter_map(|it| it.spec.dimensions.map(|dimensions| (it, dimensions)));
    if let Some((first, length)) = known.next()
        && let Some((other, differs)) = known.find(|(_, it)| *it != length)
    {
        let message = format!(
            "Use instances with vectors of one length; “{}” has {length} dimensions and “{}” has {differs}.",
            first.spec.name, other.spec.name
        );
        errors.push(FieldError::new(path, "mixed_dimensions", message));
    }
}
