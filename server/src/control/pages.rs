//! Serves the pages and the server functions: gives them the ports by context and the policy by header.

use std::sync::{Arc, LazyLock};

#[cfg(debug_assertions)]
use app::pages::components;
use app::{
    App,
    api::{
        flash::Flash,
        ports::{ControlPlane, Gateway, People, Recent, Sessions},
        transfer::HAND_IN,
    },
    shell,
};
#[cfg(debug_assertions)]
use axum::routing::get;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    middleware::map_response,
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context,
};
use tower_http::limit::RequestBodyLimitLayer;

use super::{headers::content_security_policy, markers, rest::body::BODY_BYTES, upload};
use crate::assets;

/// Every page. Listing them keeps all pages of the process from loading their data meanwhile, and a page that is being
/// made just then would never be finished: so it is done once, before any server answers.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The addresses of all pages, with `{name}` for what varies.
pub fn addresses() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(AxumRouteListing::path)
}

/// What pages and server functions reach through their context.
#[derive(Clone)]
pub struct PagePorts {
    /// The operations.
    pub control: Arc<dyn ControlPlane>,
    /// The engine.
    pub gateway: Arc<dyn Gateway>,
    /// Signing in and out.
    pub sessions: Arc<dyn Sessions>,
    /// Who may sign in.
    pub people: Arc<dyn People>,
    /// Results that live through a redirect.
    pub flash: Arc<Flash>,
    /// What the last minutes were.
    pub recent: Arc<dyn Recent>,
}

impl PagePorts {
    fn provide(&self) {
        provide_context(Arc::clone(&self.control));
        provide_context(Arc::clone(&self.gateway));
        provide_context(Arc::clone(&self.sessions));
        provide_context(Arc::clone(&self.people));
        provide_context(Arc::clone(&self.flash));
        provide_context(Arc::clone(&self.recent));
        let policy = leptos::nonce::use_nonce().map(|nonce| content_security_policy(&nonce));
        if let (Some(options), Some(Ok(policy))) =
            (use_context::<ResponseOptions>(), policy.map(|it| HeaderValue::from_str(&it)))
        {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// All pages and server functions, and the "not found" page for every other address.
pub fn router(ports: PagePorts) -> Router {
    let options =
        LeptosOptions::builder().output_name("smart-balancer").site_pkg_dir(assets::folder()).build();
    let uploads = Router::new().route(HAND_IN, post(upload::hand_in)).with_state(ports.clone());
    let provide = move || ports.provide();
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let pages = Router::new();
    #[cfg(debug_assertions)]
    let pages = pages.route(
        components::ADDRESS,
        get(render_app_async_with_context(provide.clone(), components::document_of_components)),
    );
    pages
        .leptos_routes_with_context(&options, PAGES.clone(), provide.clone(), page.clone())
        .fallback(render_app_async_with_context(provide, page))
        .layer(map_response(markers::strip))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(options)
        .merge(uploads.layer(DefaultBodyLimit::max(BODY_BYTES)))
        // By its announced length, before any of it is read: the framework would call it a fault of the server.
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
}
