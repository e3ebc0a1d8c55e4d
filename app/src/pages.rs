//! What people see, one page a file. Pages reach data through `api` alone and draw with `ui`.

pub mod balancer;
pub mod balancers;
mod body;
mod decision;
pub mod instance_form;
pub mod instances;
pub mod keys;
pub mod layout;
mod links;
mod loaded;
pub mod not_found;
mod noted;
pub mod playground;
mod post;
mod removal;
pub mod request;
pub mod requests;
mod router_prompt;
mod seats;
pub mod setup;
pub mod sign_in;
mod stale;
pub mod target_group_form;
pub mod target_groups;
mod visit;
pub mod wizard;
