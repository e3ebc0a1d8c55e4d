//! Which role each door takes: the one table that the guards of pages, server functions and REST read, and by
//! which pages leave out what a user may not do.
//!
//! What depends on the object, such as the address of an instance or whose key it is, operations check again. A server
//! function changes something and takes an editor unless a list here names it, so a new one cannot be forgotten.

use http::Method;

use crate::domain::{ids::ObjectKind, role::Role};

/// Pages that open without a session.
pub const OPEN_PAGES: [&str; 3] = ["/sign-in", "/setup", "/invitation"];
/// Server functions that answer somebody who is not signed in.
pub const OPEN_FUNCTIONS: [&str; 3] = ["/fn/sign_in", "/fn/set_up", "/fn/accept_invitation"];

/// Pages for admins: whatever is at or below them, but what is about oneself.
const ADMIN_PAGES: &str = "/settings";
/// Pages below `/balancers/{id}` that only change something.
const EDITING: &str = "edit";
/// Pages that only make something, or make models answer: there is nothing on them to read.
const EDITOR_PAGES: [&str; 4] = ["/balancers/new", "/target-groups/new", "/evaluate", "/playground"];
/// The page that adds an instance, which brings an address that this server calls.
const ADDING_INSTANCES: &str = "/instances/new";
/// The page about oneself.
pub const OWN_PAGE: &str = "/settings/account";
/// Server functions for admins.
const ADMIN_FUNCTIONS: [&str; 4] = ["add_person", "change_role", "reset_person", "remove_person"];
/// Server functions about oneself, which change something and are everybody's.
const OWN_FUNCTIONS: [&str; 4] = ["sign_out", "change_password", "end_session", "sign_out_everywhere"];

/// Whether an address of a page or a server function answers somebody who is not signed in.
pub fn is_open(path: &str) -> bool {
    OPEN_PAGES.contains(&path) || OPEN_FUNCTIONS.contains(&path)
}

/// The least role that a page takes.
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

/// The least role that a server function takes; `name` stands behind `/fn/`.
pub fn of_function(name: &str) -> Role {
    if ADMIN_FUNCTIONS.contains(&name) {
        Role::Admin
    } else if OWN_FUNCTIONS.contains(&name) {
        Role::Viewer
    } else {
        Role::Editor
    }
}

/// The least role that adds or deletes an object of a kind, beside what the door takes: each instance brings an address
/// that this server calls.
pub fn of_adding_or_deleting(kind: ObjectKind) -> Role {
    if kind == ObjectKind::Instance { Role::Admin } else { Role::Editor }
}

/// The least role that changes where an instance answers, beside what the door takes.
pub const OF_ADDRESSES: Role = Role::Admin;

/// The least role that a REST call takes; `path` stands behind `/api/v1`.
pub fn of_rest(method: &Method, path: &str) -> Role {
    let below = |place: &str| is_at_or_below(path, place);
    if below("/audit") {
        return Role::Admin;
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path == "/smart-balancers/validate"
    {
        return Role::Viewer;
    }
    // Each instance brings an address that this server calls. An import judges by itself what of it takes an admin.
    let addresses = (*method == Method::POST && path == "/instances")
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
