//! Pages, rendered on the server only. Each page reads its data in its loader (`load.rs`) and draws it with `ui`;
//! code for the browser is in `islands`.

pub mod balancer;
pub mod balancers;
#[cfg(debug_assertions)]
pub mod components;
pub mod errors;
pub mod instances;
pub mod keys;
pub mod layout;
pub mod playground;
pub mod requests;
pub mod settings;
pub mod signed_out;
pub mod target_groups;
pub mod wizard;

mod parts;
