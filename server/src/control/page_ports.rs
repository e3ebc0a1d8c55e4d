//! The ports in the context of pages and server functions, and the content security policy of each page.

use std::sync::Arc;

use app::{
    ports::{ControlPlane, DataPlane, People, Recent, Sessions},
    web::flash::Flash,
};
use axum::http::{HeaderValue, header};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;

use super::headers::content_security_policy;

/// The ports in the context of pages and server functions.
#[derive(Clone)]
pub struct PagePorts {
    /// The operations of the control plane.
    pub control: Arc<dyn ControlPlane>,
    /// The data plane.
    pub gateway: Arc<dyn DataPlane>,
    /// Signing in and out.
    pub sessions: Arc<dyn Sessions>,
    /// Management of people.
    pub people: Arc<dyn People>,
    /// Results that outlive a redirect.
    pub flash: Flash,
    /// Calls of the last minutes.
    pub recent: Arc<dyn Recent>,
}

impl PagePorts {
    /// Provides the ports to the page that is being rendered, and sets its policy with its nonce.
    pub(super) fn provide(&self) {
        provide_context(Arc::clone(&self.control));
        provide_context(Arc::clone(&self.gateway));
        provide_context(Arc::clone(&self.sessions));
        provide_context(Arc::clone(&self.people));
        provide_context(self.flash.clone());
        provide_context(Arc::clone(&self.recent));
        let policy = leptos::nonce::use_nonce().map(|nonce| content_security_policy(&nonce));
        if let (Some(options), Some(Ok(policy))) =
            (use_context::<ResponseOptions>(), policy.map(|it| HeaderValue::from_str(&it)))
        {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}
