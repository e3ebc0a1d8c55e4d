//! The ports that pages and server functions reach through their context, and the content security policy of each page.

use std::sync::Arc;

use app::{
    ports::{ControlPlane, DataPlane, People, Recent, Sessions},
    web::flash::Flash,
};
use axum::http::{HeaderValue, header};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;

use super::headers::content_security_policy;

/// What pages and server functions reach through their context.
#[derive(Clone)]
pub struct PagePorts {
    /// The operations.
    pub control: Arc<dyn ControlPlane>,
    /// The engine.
    pub gateway: Arc<dyn DataPlane>,
    /// Signing in and out.
    pub sessions: Arc<dyn Sessions>,
    /// Who may sign in.
    pub people: Arc<dyn People>,
    /// Results that live through a redirect.
    pub flash: Flash,
    /// What the last minutes were.
    pub recent: Arc<dyn Recent>,
}

impl PagePorts {
    /// Hands the ports to the page that is being rendered, and its nonce to the policy.
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
