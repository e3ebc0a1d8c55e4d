//! Instances that may answer for one another with embeddings: vectors of different models must never mix.

use crate::domain::{
    config::configuration::{Configuration, StoredInstance, Target},
    field_error::FieldError,
};

/// The instances behind a destination. Members that do not exist are left out; they are an error of the group.
pub(super) fn instances<'a>(configuration: &'a Configuration, target: Target<'a>) -> Vec<&'a StoredInstance> {
    match target {
        Target::Instance(instance) => vec![instance],
        Target::Group(group) => {
            let members = group.spec.members.iter();
            members.filter_map(|member| configuration.instance(member.instance_id.as_str())).collect()
        }
    }
}

/// Judges that an instance says which model it serves; a caller's model id says nothing about vectors.
pub(super) fn check_model(instance: &StoredInstance, path: &str, errors: &mut Vec<FieldError>) {
    if instance.spec.model.is_empty() {
        let message = format!("Give the instance “{}” a model first.", instance.spec.name);
        errors.push(FieldError::new(path, "model_required", message));
    }
}

/// Judges that all serve one model, with one length of vectors as far as that is known. Those without a model are a
/// error of their own.
pub(super) fn check_alike(pool: &[&StoredInstance], path: &str, errors: &mut Vec<FieldError>) {
    let with_model = || pool.iter().filter(|it| !it.spec.model.is_empty());
    if let Some(first) = with_model().next()
        && let Some(other) = with_model().find(|it| it.spec.model != first.spec.model)
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
