//! Router of the pages and the server functions.

use std::sync::LazyLock;

#[cfg(debug_assertions)]
use app::pages::components;
use app::{
    actions::transfer::UPLOAD_IMPORT,
    document::{App, shell},
};
#[cfg(debug_assertions)]
use axum::routing::get;
use axum::{Router, extract::DefaultBodyLimit, middleware::map_response, routing::post};
use leptos::prelude::LeptosOptions;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower_http::limit::RequestBodyLimitLayer;

use super::assets;
use super::{markers, page_ports::PagePorts, rest::body::BODY_BYTES, upload};

/// Routes of all pages. Listing them keeps all pages of the process from loading data, and a page that is rendered at
/// that moment would never finish, so it is done once, before any server answers.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The addresses of all pages, with `{name}` for parameters.
pub fn addresses() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(AxumRouteListing::path)
}

/// All pages and server functions, and the "not found" page for every other address.
pub fn router(ports: PagePorts) -> Router {
    let options =
        LeptosOptions::builder().output_name("smart-balancer").site_pkg_dir(assets::folder()).build();
    let uploads = Router::new().route(UPLOAD_IMPORT, post(upload::upload_import)).with_state(ports.clone());
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
        .layer(map_response(markers::strip_markers))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(options)
        .merge(uploads.layer(DefaultBodyLimit::max(BODY_BYTES)))
        // Checks the announced length before the body is read; the framework would report an internal error.
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
}
