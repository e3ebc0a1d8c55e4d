//! Router models: parts of the question that they refuse, answers in many forms, and ways to fail. The first call may
//! find out how to ask; after it, one call is enough.

use super::super::{
    expectation::Expectation::{Answers, Routes, Skips},
    row::{Row, Step, chat, plain},
};

const ROUTE: &[Step] = &[plain(Routes)];
const LEARN: &[Step] = &[plain(Answers), plain(Routes), plain(Routes)];
const DEFAULT: &[Step] = &[plain(Skips)];

pub(super) const ROWS: &[Row] = &[
    chat("ok@11", ROUTE).named("router").routed_by("router@first"),
    chat("ok@12", ROUTE).named("router in JSON").routed_by("router-json@first"),
    chat("ok@13", ROUTE).named("router in a fence").routed_by("router-fence@first"),
    chat("ok@14", ROUTE).named("router that thinks").routed_by("router-think@first"),
    chat("ok@15", ROUTE).named("router with reasoning only").routed_by("reasoning-only+router-json@first"),
    chat("ok@18", ROUTE).named("router with content parts").routed_by("content-parts+router@first"),
    chat("ok@19", ROUTE).named("router that calls a tool").routed_by("tool_calls+router-json@first"),
    chat("ok@16", ROUTE).named("router in bold").routed_by("router-raw:The best route is **first**."),
    chat("ok@17", &[plain(Skips), plain(Skips)]).named("router that says none").routed_by("router@none"),
    // Refused parts of the question.
    chat("ok@21", LEARN).named("router without max_tokens").routed_by("refuse@max_tokens+router@first"),
    chat("ok@22", LEARN).named("router without temperature").routed_by("refuse@temperature+router@first"),
    chat("ok@23", LEARN).named("router without schema").routed_by("router-schema400@first"),
    chat("ok@24", LEARN).named("router without system role").routed_by("refuse@system+router@first"),
    chat("ok@25", LEARN)
        .named("router without token limits")
        .routed_by("refuse@max_tokens+refuse@max_completion_tokens+router@first"),
    chat("ok@26", LEARN)
        .named("router that refuses two parts")
        .routed_by("refuse@temperature+refuse@max_tokens+router@first"),
    chat("ok@27", LEARN)
        .named("router that refuses two at once")
        .routed_by("refuse@max_tokens,temperature+router@first"),
    chat("ok@28", LEARN)
        .named("router without schema and limit")
        .routed_by("refuse@response_format+refuse@max_tokens+router@first"),
    chat("ok@29", LEARN)
        .named("router that refuses in words")
        .routed_by("refuse@max_tokens+refuse-as@message+router@first"),
    chat("ok@30", LEARN)
        .named("router that refuses by 422")
        .routed_by("refuse@max_tokens+refuse-as@422+router@first"),
    chat("ok@31", LEARN)
        .named("router that names no part")
        .routed_by("refuse@response_format+refuse-as@unnamed+router@first"),
    chat("ok@32", LEARN)
        .named("router that refuses by 500")
        .routed_by("refuse@response_format+refuse-as@500+router@first"),
    chat("ok@33", LEARN)
        .named("router that refuses by 501")
        .routed_by("refuse@response_format+refuse-as@501+router@first"),
    chat("ok@34", LEARN)
        .named("router that refuses in silence")
        .routed_by("refuse@response_format+refuse-as@empty+router@first"),
    chat("ok@35", LEARN)
        .named("router that repeats the schema")
        .routed_by("refuse@response_format+refuse-as@schema+router@first"),
    chat("ok@36", LEARN).named("router that needs tokens").routed_by("length-under@1024+router@first"),
    // A cold one is warmed by a call that its caller does not wait for.
    chat("ok@41", &[plain(Skips), plain(Routes).after(2_500)])
        .named("router that is cold")
        .routed_by("cold@4000+router@first"),
    // A router model that fails never fails the call.
    chat("ok@51", DEFAULT).named("router hangs").routed_by("hang-headers+router@first"),
    chat("ok@52", DEFAULT).named("router fails").routed_by("500+router@first"),
    chat("ok@53", DEFAULT).named("router with a bad key").routed_by("401+router@first"),
    chat("ok@54", DEFAULT).named("router refuses to answer").routed_by("router-raw:I cannot help with that."),
    chat("ok@55", DEFAULT).named("router never ends").routed_by("router-endless"),
    chat("ok@56", DEFAULT).named("router in HTML").routed_by("html200+router@first"),
];
