//! What people see, one page a file. Pages reach data through `api` alone and draw with `ui`.

pub mod account;
pub mod balancer;
pub mod balancers;
mod body;
#[cfg(all(debug_assertions, feature = "ssr"))]
pub mod components;
mod decision;
pub mod forbidden;
mod history;
pub mod instance_form;
pub mod instances;
pub mod invitation;
pub mod keys;
pub mod layout;
mod links;
mod loaded;
pub mod not_found;
mod noted;
pub mod people;
pub mod playground;
mod removal;
pub mod request;
pub mod requests;
mod router_prompt;
mod seats;
pub mod settings;
pub mod setup;
pub mod sign_in;
mod stale;
pub mod target_group_form;
pub mod target_groups;
mod timings;
mod transfer;
mod visit;
pub mod wizard;
