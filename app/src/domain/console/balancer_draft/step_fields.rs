//! Fields of the wizard's steps: text, as it is posted and shown.

use serde::{Deserialize, Serialize};

use crate::domain::secret::TypedSecret;

/// The fields of all steps. A step posts its own; the others are absent and stay as they are in the draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepFields {
    /// The internal name.
    pub name: Option<String>,
    /// The model id that clients send; empty follows the name.
    pub serving_name: Option<String>,
    /// `chat` or `embeddings`.
    pub workload_kind: Option<String>,
    /// `intent_classifier` or `ordered`.
    pub routing_mode: Option<String>,
    /// `failover` or `weighted`.
    pub ordered_strategy: Option<String>,
    /// The router model.
    pub router_model: Option<DestinationField>,
    /// The routes, in the order of the page.
    pub routes: Vec<RouteFields>,
    /// The place of the default route in `routes`.
    pub default_route: Option<String>,
    /// The prompt of "Try a prompt".
    pub prompt: Option<String>,
    /// The form of "Add an instance".
    pub new_instance: Option<NewInstance>,
    /// What was pasted to fill the draft from.
    pub paste: Option<String>,
}

/// The fields of one route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteFields {
    /// Its name.
    pub name: String,
    /// Its intent.
    pub intent: String,
    /// Sample prompts, one a line.
    pub examples: String,
    /// Where its calls go.
    pub destination: DestinationField,
    /// Its place in `ordered`.
    pub priority: String,
    /// Its part in `ordered` by weight.
    pub weight: String,
    /// Present where the box is ticked.
    pub enabled: Option<String>,
}

/// A destination picker, named by the path that its errors have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DestinationField {
    /// What is chosen, such as `instance:inst_a`; empty where nothing is.
    #[serde(rename = "ref")]
    pub value: String,
}

/// The form of "Add an instance".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewInstance {
    /// What people call it.
    pub name: String,
    /// Where it answers.
    pub base_url: String,
    /// The model id sent upstream.
    pub model: String,
    /// Its key; on its way to the server only, never back and never in a draft.
    pub api_key: TypedSecret,
}
