//! Remembers which instance makes which response, so that later calls on it go there.

use std::sync::Arc;

use app::domain::{api::Endpoint, ids::InstanceId};

use super::{admit::Call, record::CallRecord};
use crate::gateway::{SharedState, state::stored_responses::StoredResponse};

/// What an instance makes in answer to a call that a route leads to it.
pub(crate) fn stored_response(call: &Call, route: &str, instance_id: &InstanceId) -> StoredResponse {
    StoredResponse {
        caller: Arc::clone(&call.caller),
        balancer: call.balancer.stored.id.clone(),
        route: route.into(),
        instance_id: instance_id.clone(),
    }
}

/// The response that a stream makes. Its id may come with any event, and is remembered before the caller gets it.
pub(crate) struct StreamedResponse {
    shared: Arc<SharedState>,
    stored: StoredResponse,
    id: Option<String>,
}

impl StreamedResponse {
    /// Follows the stream that answers a call; `None` if it makes no response.
    pub(crate) fn new(call: &Call, record: &CallRecord) -> Option<Self> {
        if call.endpoint() != Endpoint::Responses {
            return None;
        }
        let stored = stored_response(call, record.route.as_deref()?, record.instance_id.as_ref()?);
        Some(Self { shared: Arc::clone(&call.shared), stored, id: None })
    }

    /// Remembers the id that the stream has told so far.
    pub(crate) fn remember(&mut self, id: Option<&str>) {
        if let Some(id) = id.filter(|it| self.id.as_deref() != Some(it)) {
            self.shared.responses.remember(id, self.stored.clone());
            self.id = Some(id.to_owned());
        }
    }
}
