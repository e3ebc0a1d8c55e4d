//! What people see, one page a file. Pages reach data through `api` alone and draw with `ui`.

pub mod balancer;
pub mod balancers;
mod decision;
pub mod instance_form;
pub mod instances;
pub mod keys;
pub mod layout;
mod loaded;
pub mod not_found;
pub mod playground;
mod router_prompt;
pub mod setup;
pub mod sign_in;
pub mod target_group_form;
pub mod target_groups;
mod visit;
pub mod wizard;
