//! URLs of the objects' pages, for redirects and links.

use crate::domain::ids::ObjectKind;
use crate::web::redirect;

/// The list of all objects of a kind.
pub(crate) fn list(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Instance => "/instances",
        ObjectKind::TargetGroup => "/target-groups",
        ObjectKind::SmartBalancer => "/",
    }
}

/// The page of an object.
pub(crate) fn object(kind: ObjectKind, id: &str) -> String {
    match kind {
        ObjectKind::SmartBalancer => format!("/balancers/{id}"),
        _ => format!("{}/{id}", list(kind)),
    }
}

/// The history of a balancer.
pub(crate) fn history(id: &str) -> String {
    format!("/balancers/{}/history", redirect::query_value(id))
}

/// The form of an object; an empty id creates a new one.
#[cfg(feature = "ssr")]
pub(crate) fn form(kind: ObjectKind, id: &str) -> String {
    match (kind, id) {
        (ObjectKind::SmartBalancer, "") => "/balancers/new".to_owned(),
        (ObjectKind::SmartBalancer, id) => format!("/balancers/{id}/edit"),
        (_, "") => format!("{}/new", list(kind)),
        (_, id) => object(kind, id),
    }
}
