//! Permissions of whoever looks at a page, by [`super::access`]: pages leave out what a role may not use. Pages are drawn
//! by the server alone; what an island draws later belongs to a page that its reader was allowed to open.

#[cfg(feature = "ssr")]
use super::{access, context};
use crate::domain::ids::ObjectKind;
#[cfg(feature = "ssr")]
use crate::domain::role::Role;

/// Whether they may open the page at `href`, whatever its query and fragment are.
pub(crate) fn may_open(href: &str) -> bool {
    #[cfg(feature = "ssr")]
    return has(access::of_page(href.split(['?', '#']).next().unwrap_or_default()));
    #[cfg(not(feature = "ssr"))]
    return !href.is_empty();
}

/// Whether they may send a form to `action`, the address of a server function.
pub(crate) fn may_send(action: &str) -> bool {
    #[cfg(feature = "ssr")]
    return access::is_open(action)
        || match action.strip_prefix("/fn/") {
            Some(name) => has(access::of_function(name)),
            None => has(access::of_page(action)),
        };
    #[cfg(not(feature = "ssr"))]
    return !action.is_empty();
}

/// Whether they may add or delete objects of a kind.
pub(crate) fn may_add_or_delete(kind: ObjectKind) -> bool {
    #[cfg(feature = "ssr")]
    return has(access::of_adding_or_deleting(kind));
    #[cfg(not(feature = "ssr"))]
    return kind != ObjectKind::Instance;
}

/// Whether they may change where an instance answers.
pub(crate) fn may_change_addresses() -> bool {
    #[cfg(feature = "ssr")]
    return has(access::OF_ADDRESSES);
    #[cfg(not(feature = "ssr"))]
    return false;
}

#[cfg(feature = "ssr")]
fn has(role: Role) -> bool {
    context::actor().is_ok_and(|who| who.role >= role)
}
