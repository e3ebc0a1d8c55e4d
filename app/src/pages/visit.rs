//! One look at a page: what its address says, what it reads, and how its forms are sent. The browser sends forms and
//! follows links itself, so every page works the same with and without scripting.

use std::pin::Pin;

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use crate::web::{Answer, page_query::PageQuery, permissions::may_send};

/// A page's data, while it is read.
pub(crate) type Data<T> = Pin<Box<dyn Future<Output = Answer<T>> + Send>>;

/// What a page is asked for.
#[derive(Clone, Copy)]
pub(crate) struct PageLoader(StoredValue<PageParams>);

/// What a page's address says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageParams {
    query: ParamsMap,
    params: ParamsMap,
}

impl PageParams {
    /// What a form's page is asked to show.
    pub(crate) fn look(&self) -> PageQuery {
        PageQuery {
            id: self.part("id"),
            draft: self.text("draft"),
            check: self.text("check"),
            note: self.text("note"),
            confirm: self.text("confirm"),
        }
    }

    /// A part of the path, such as `id` of `/instances/:id`; empty where there is none.
    pub(crate) fn part(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// A value of the query; `None` where it is absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }

    /// A value of the query; empty where it is absent.
    pub(crate) fn text(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }
}

impl PageLoader {
    /// The visit of the page that is being drawn.
    pub(crate) fn new() -> Self {
        let (query, params) = (use_query_map().get_untracked(), use_params_map().get_untracked());
        Self(StoredValue::new(PageParams { query, params }))
    }

    /// A form of this page that posts to a server function, for those who may send it. `to` is the function's address.
    pub(crate) fn form(self, to: &'static str, content: AnyView) -> AnyView {
        form(to, content)
    }

    /// The page's data.
    pub(crate) fn read<T, F>(self, read: impl FnOnce(PageParams) -> F) -> Data<T>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        Box::pin(read(self.sight()))
    }

    /// What the address says.
    pub(crate) fn sight(self) -> PageParams {
        self.0.get_value()
    }
}

/// A form that posts to a server function, for those who may send it. `to` is the function's address.
pub(crate) fn form(to: &'static str, content: AnyView) -> AnyView {
    if !may_send(to) {
        return ().into_any();
    }
    view! {
        <form method="post" action=to>
            {content}
        </form>
    }
    .into_any()
}
