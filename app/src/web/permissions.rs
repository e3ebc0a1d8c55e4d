//! Permissions of the current user by [`super::access`]; pages hide what the role does not permit.

use super::{access, context};
use crate::domain::ids::ObjectKind;
use crate::domain::role::Role;

/// Whether the user may open the page at `href`, ignoring query and fragment.
pub(crate) fn may_open(href: &str) -> bool {
    has(access::of_page(href.split(['?', '#']).next().unwrap_or_default()))
}

/// Whether the user may post to `action`, the path of a server function.
pub(crate) fn may_send(action: &str) -> bool {
    access::is_open(action)
        || match action.strip_prefix("/fn/") {
            Some(name) => has(access::of_function(name)),
            None => has(access::of_page(action)),
        }
}

/// Whether the user may add or delete objects of a kind.
pub(crate) fn may_add_or_delete(kind: ObjectKind) -> bool {
    has(access::of_adding_or_deleting(kind))
}

/// Whether the user may change addresses of instances.
pub(crate) fn may_change_addresses() -> bool {
    has(access::OF_ADDRESSES)
}

fn has(role: Role) -> bool {
    context::actor().is_ok_and(|who| who.role >= role)
}
