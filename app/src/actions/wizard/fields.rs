//! What a step of the wizard posts, and what it shows: text, as it was typed.

use serde::{Deserialize, Serialize};

use crate::web::form::typed_secret::TypedSecret;

/// The fields of all steps. A step posts its own; the others are absent and stay as they are in the draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StepFields {
    /// The internal name.
    pub(crate) name: Option<String>,
    /// The model id that clients send; empty follows the name.
    pub(crate) serving_name: Option<String>,
    /// `chat` or `embeddings`.
    pub(crate) workload_kind: Option<String>,
    /// `intent_classifier` or `ordered`.
    pub(crate) routing_mode: Option<String>,
    /// `failover` or `weighted`.
    pub(crate) ordered_strategy: Option<String>,
    /// The router model.
    pub(crate) router_model: Option<DestinationField>,
    /// The routes, in the order of the page.
    pub(crate) routes: Vec<RouteFields>,
    /// The place of the default route in `routes`.
    pub(crate) default_route: Option<String>,
    /// The prompt of "Try a prompt".
    pub(crate) prompt: Option<String>,
    /// The form of "Add an instance".
    pub(crate) new_instance: Option<NewInstance>,
    /// What was pasted to fill the draft from.
    pub(crate) paste: Option<String>,
}

/// The fields of one route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RouteFields {
    /// Its name.
    pub(crate) name: String,
    /// Its intent.
    pub(crate) intent: String,
    /// Sample prompts, one a line.
    pub(crate) examples: String,
    /// Where its calls go.
    pub(crate) destination: DestinationField,
    /// Its place in `ordered`.
    pub(crate) priority: String,
    /// Its part in `ordered` by weight.
    pub(crate) weight: String,
    /// Present where the box is ticked.
    pub(crate) enabled: Option<String>,
}

/// A destination picker, named by the path that its errors have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DestinationField {
    /// What is chosen, such as `instance:inst_a`; empty where nothing is.
    #[serde(rename = "ref")]
    pub(crate) value: String,
}

/// The form of "Add an instance".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NewInstance {
    /// What people call it.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) base_url: String,
    /// The model id sent upstream.
    pub(crate) model: String,
    /// Its key; on its way to the server only, never back and never in a draft.
    pub(crate) api_key: TypedSecret,
}
