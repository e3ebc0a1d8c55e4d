//! Forms on their way: drawn, posted, and read as the body of an operation.

pub(crate) mod body;
pub(crate) mod post_form;
