//! The data plane through its front door: real sockets before it, real instances with real faults behind it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/authority.rs"]
mod authority;
#[path = "support/raw_upstream.rs"]
mod raw_upstream;
#[path = "support/rig.rs"]
mod rig;

mod gateway {
    mod addresses;
    mod answer_framings;
    mod apis;
    mod blame;
    mod bodies;
    mod broken_requests;
    mod calls;
    mod chunks;
    mod classification;
    mod client_framings;
    mod connections;
    mod console;
    mod continuations;
    mod conversations;
    mod cooling;
    mod cors;
    mod decision_models;
    mod disconnects;
    mod dribble;
    mod edits;
    mod embedding_lengths;
    mod embeddings;
    mod empty_answers;
    mod endings;
    mod events;
    mod failover;
    mod forgetting;
    mod hostile;
    mod idle_connections;
    mod instance_tests;
    mod json;
    mod keepalive;
    mod listener;
    mod loading;
    mod long_answers;
    mod loops;
    mod masking;
    mod misbehaving_instances;
    mod misplaced_bodies;
    mod mixed_hour;
    mod outages;
    mod overload;
    mod patience;
    mod pauses;
    mod rate_limits;
    mod records;
    mod refusals;
    mod response_ids;
    mod router_field_refusals;
    mod router_models;
    mod router_requests;
    mod routers;
    mod scripted;
    mod selection;
    mod shared_keys;
    mod slow_clients;
    mod smuggling;
    mod stopped_clock;
    mod stored_responses;
    mod stream_shapes;
    mod streams;
    mod timeouts;
    mod tls;
    mod upstream_framings;
    mod upstream_refusals;
    mod vectors;
    mod vendor_refusals;
    mod warming;
    mod weights;
    mod wire;
}
