//! Pages for users who are not signed in.

pub mod invitation;
pub mod setup;
pub mod sign_in;

mod load;
