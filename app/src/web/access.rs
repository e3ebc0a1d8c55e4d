//! The roles that routes require: one table for pages, server functions and REST, which also decides what pages
//! hide.
//!
//! Operations check again what depends on the object, such as the address of an instance or the owner of a key.
//! Server functions change something and require an editor unless listed here, so a new one is protected by default.

use http::Method;

use crate::domain::{ids::ObjectKind, role::Role};

/// Pages that open without a session.
pub const OPEN_PAGES: [&str; 3] = ["/sign-in", "/setup", "/invitation"];
/// Server functions that work without a session.
pub const OPEN_FUNCTIONS: [&str; 3] = ["/fn/sign_in", "/fn/set_up", "/fn/accept_invitation"];

/// Pages for admins: this page and everything below it, except [`OWN_PAGE`].
const ADMIN_PAGES: &str = "/settings";
/// Page below `/balancers/{id}` that only changes something.
const EDITING: &str = "edit";
/// Pages that only create something or call models, without anything to read.
const EDITOR_PAGES: [&str; 4] = ["/balancers/new", "/target-groups/new", "/evaluate", "/playground"];
/// The page that adds an instance. It brings an address that this server calls.
const ADDING_INSTANCES: &str = "/instances/new";
/// The user's own account page.
pub const OWN_PAGE: &str = "/settings/account";
/// Server functions for admins.
const ADMIN_FUNCTIONS: [&str; 4] = ["add_person", "change_role", "reset_person", "remove_person"];
/// Server functions for the user's own account, open to all roles.
const OWN_FUNCTIONS: [&str; 4] = ["sign_out", "change_password", "end_session", "sign_out_everywhere"];

/// Whether a page or server function works without a session.
pub fn is_open(path: &str) -> bool {
    OPEN_PAGES.contains(&path) || OPEN_FUNCTIONS.contains(&path)
}

/// Minimum role of a page.
pub fn of_page(path: &str) -> Role {
    let within = |place: &str| is_at_or_below(path, place);
    let edits = || path.split('/').nth(3) == Some(EDITING) && within("/balancers");
    if (within(ADMIN_PAGES) && path != OWN_PAGE) || within(ADDING_INSTANCES) {
        Role::Admin
    } else if EDITOR_PAGES.into_iter().any(within) || edits() {
        Role::Editor
    } else {
        Role::Viewer
    }
}

/// Minimum role of a server function; `name` follows `/fn/`.
pub fn of_function(name: &str) -> Role {
    if ADMIN_FUNCTIONS.contains(&name) {
        Role::Admin
    } else if OWN_FUNCTIONS.contains(&name) {
        Role::Viewer
    } else {
        Role::Editor
    }
}

/// Minimum role for adding or deleting objects of a kind, in addition to the route's role. Instances bring addresses
/// that this server calls.
pub fn of_adding_or_deleting(kind: ObjectKind) -> Role {
    if kind == ObjectKind::Instance { Role::Admin } else { Role::Editor }
}

/// Minimum role for changing the address of an instance, in addition to the route's role.
pub const OF_ADDRESSES: Role = Role::Admin;

/// Minimum role of a REST call; `path` follows `/api/v1`.
pub fn of_rest(method: &Method, path: &str) -> Role {
    let below = |place: &str| is_at_or_below(path, place);
    if below("/audit") {
        return Role::Admin;
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path == "/smart-balancers/validate"
    {
        return Role::Viewer;
    }
    // Each instance brings an address that this server calls. An import itself checks which of its changes require
    // an admin.
    let addresses = (*method == Method::POST && ["/instances", "/instances/discover"].contains(&path))
        || (*method == Method::DELETE && below("/instances"));
    if addresses { Role::Admin } else { Role::Editor }
}

fn is_at_or_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_take_what_can_be_done_on_them() {
        for (path, role) in [
            ("/settings", Role::Admin),
            ("/settings/people", Role::Admin),
            ("/settings/anything", Role::Admin),
            ("/settings/account", Role::Viewer),
            ("/settingsx", Role::Viewer),
            ("/", Role::Viewer),
            ("/balancers/sb_a", Role::Viewer),
            ("/balancers/sb_a/history", Role::Viewer),
            ("/balancers/sb_a/edit", Role::Editor),
            ("/balancers/sb_a/edit/routes", Role::Editor),
            ("/balancers/new/name", Role::Editor),
            ("/playground", Role::Editor),
            ("/target-groups/new", Role::Editor),
            ("/target-groups/tg_new", Role::Viewer),
            ("/instances/new", Role::Admin),
            ("/instances/inst_new", Role::Viewer),
        ] {
            assert_eq!(of_page(path), role, "{path}");
        }
    }

    #[test]
    fn a_function_takes_an_editor_unless_a_list_names_it() {
        for (name, role) in [
            ("sign_out", Role::Viewer),
            ("anything_new", Role::Editor),
            ("remove_person", Role::Admin),
            ("add_person", Role::Admin),
        ] {
            assert_eq!(of_function(name), role, "{name}");
        }
    }

    #[test]
    fn rest_is_judged_by_method_and_place() {
        for (method, path, role) in [
            (Method::GET, "/instances", Role::Viewer),
            (Method::GET, "/audit", Role::Admin),
            (Method::GET, "/audit/export", Role::Admin),
            (Method::POST, "/smart-balancers/validate", Role::Viewer),
            (Method::POST, "/instances", Role::Admin),
            (Method::POST, "/instances/inst_a/test", Role::Editor),
            (Method::POST, "/instances/discover", Role::Admin),
            (Method::PATCH, "/instances/inst_a", Role::Editor),
            (Method::DELETE, "/instances/inst_a", Role::Admin),
            (Method::DELETE, "/target-groups/tg_a", Role::Editor),
            (Method::POST, "/config/import", Role::Editor),
            (Method::POST, "/anything/new", Role::Editor),
        ] {
            assert_eq!(of_rest(&method, path), role, "{method} {path}");
        }
    }
}
