//! The data plane through its front door: real sockets before it, real instances with real faults behind it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/rig.rs"]
mod rig;

mod gateway {
    mod bodies;
    mod calls;
    mod classification;
    mod console;
    mod failover;
    mod hostile;
    mod listener;
    mod records;
    mod refusals;
    mod selection;
    mod streams;
    mod timeouts;
}
