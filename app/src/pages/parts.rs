//! Parts shared by several pages.

pub(crate) mod body;
pub(crate) mod changes;
pub(crate) mod destination;
pub(crate) mod form_page;
pub(crate) mod links;
pub(crate) mod loaded;
pub(crate) mod member_table;
pub(crate) mod member_traffic;
pub(crate) mod notice;
pub(crate) mod removal;
pub(crate) mod stale_warning;
pub(crate) mod threshold;
