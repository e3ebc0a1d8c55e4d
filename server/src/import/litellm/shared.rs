//! Servers that several model names lead to, as when anchors give one local server many names. The names share an
//! instance, so that its health and its calls in flight are counted once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::import::document::Target;

/// Parameters that are about a deployment's place among others rather than about its server.
const PLACE: [&str; 4] = ["order", "rpm", "tpm", "weight"];

/// The servers of a file, each known by all parameters of its deployments but their place.
#[derive(Default)]
pub(super) struct Servers<'v> {
    /// The model names that lead to each.
    names: BTreeMap<String, BTreeSet<&'v str>>,
    /// How many deployments of a model name led to each so far.
    seen: BTreeMap<(String, String), usize>,
    /// The instances; deployments of one model name have one each.
    made: BTreeMap<(String, &'static str, usize), Target>,
}

impl<'v> Servers<'v> {
    /// Counts a deployment of a model name.
    pub(super) fn count(&mut self, name: &'v str, params: &Value) {
        if let Some(identity) = identity(params) {
            self.names.entry(identity).or_default().insert(name);
        }
    }

    /// The instance for a deployment, and whether it was there already. `make` makes one; it is told whether other model
    /// names lead to it.
    pub(super) fn instance(
        &mut self,
        name: &str,
        params: &Value,
        workload: &'static str,
        make: impl FnOnce(bool) -> Target,
    ) -> (Target, bool) {
        let Some(identity) = identity(params) else { return (make(false), false) };
        let is_shared = self.names.get(&identity).is_some_and(|it| it.len() > 1);
        let seen = self.seen.entry((name.to_owned(), identity.clone())).or_default();
        let place = *seen;
        *seen += 1;
        if let Some(made) = self.made.get(&(identity.clone(), workload, place)) {
            return (made.clone(), true);
        }
        let target = make(is_shared);
        self.made.insert((identity, workload, place), target.clone());
        (target, false)
    }
}

/// `None` if a value could not be read, since two of those need not be the same.
fn identity(params: &Value) -> Option<String> {
    let fields = params.as_object()?.iter().filter(|(name, _)| !PLACE.contains(&name.as_str()));
    let sorted: BTreeMap<_, _> = fields.collect();
    let text = serde_json::to_string(&sorted).ok()?;
    Some(text).filter(|it| !it.contains("\"!"))
}
