//! The control plane through its front door: REST, server functions and pages of a whole server, over HTTP. What the
//! store has a hand in is a rule of its own on a real SQLite file and on a real Postgres; the server for the second
//! is named by `SMART_BALANCER_TEST_POSTGRES`, and without it that half fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/authority.rs"]
mod authority;
#[path = "store/calls.rs"]
mod calls;
#[path = "support/console.rs"]
mod console;
#[path = "store/home.rs"]
mod home;
#[path = "support/html.rs"]
mod html;

mod control {
    pub(crate) mod desk;
    pub(crate) mod samples;

    pub(crate) mod api_keys;
    pub(crate) mod conflicts;
    pub(crate) mod edits;
    pub(crate) mod evaluation;
    pub(crate) mod faults;
    pub(crate) mod feed;
    pub(crate) mod history;
    pub(crate) mod lists;
    pub(crate) mod log_pages;
    pub(crate) mod objects;
    pub(crate) mod past;
    pub(crate) mod races;
    pub(crate) mod request_log;
    pub(crate) mod requests;
    pub(crate) mod seed;
    pub(crate) mod transfer;
    pub(crate) mod validate;

    mod account;
    mod audit_export;
    mod away;
    mod board;
    mod bodies;
    mod canary;
    #[cfg(debug_assertions)]
    mod components;
    mod cross_site;
    mod doors;
    mod engine;
    mod forms;
    mod hand_in;
    mod headers;
    mod invitations;
    mod key_limits;
    mod learned;
    mod metrics;
    mod offered;
    mod openapi;
    mod people;
    mod proxies;
    mod rebinding;
    mod replicas;
    mod restart;
    mod roles;
    mod rotation;
    mod secrets;
    mod sessions;
    mod set_up;
    mod start;
    mod throttling;
    mod tls;
    mod unknown_pages;
}

/// Makes each rule a test for each engine.
macro_rules! on_both_engines {
    ($($area:ident :: { $($rule:ident),* $(,)? }),* $(,)?) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::home::on_sqlite(|home| async move {
                        let server = crate::console::TestServer::start_on(&home.url).await;
                        crate::control::$area::$rule(&server).await;
                    })
                    .await;
                }
            )*)*
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::home::on_postgres(|home| async move {
                        let server = crate::console::TestServer::start_on(&home.url).await;
                        crate::control::$area::$rule(&server).await;
                    })
                    .await;
                }
            )*)*
        }
    };
}

on_both_engines! {
    objects::{
        what_is_made_is_answered_whole,
        a_caller_may_choose_the_id,
        an_id_is_made_from_the_name,
        what_is_deleted_is_gone,
        what_is_not_there_is_not_found,
    },
    edits::{
        a_replacement_is_the_next_revision,
        a_patch_changes_what_it_names,
        what_was_read_can_be_put_back,
        an_edit_carries_its_revision,
        the_upstream_key_is_kept_removed_or_replaced,
    },
    seed::{
        the_target_group_of_the_brief_is_taken_unchanged,
        a_reference_by_name_is_stored_as_an_id,
    },
    faults::{
        every_fault_is_told_at_once,
        a_default_route_is_required,
        an_address_that_must_not_be_called_is_refused,
        what_others_rely_on_cannot_be_changed,
    },
    conflicts::{
        a_stale_edit_gets_the_object_as_it_is_now,
        a_taken_name_or_id_is_refused,
        what_is_in_use_stays,
    },
    races::{
        of_200_parallel_creations_of_a_serving_name_one_wins,
        of_parallel_edits_of_a_revision_one_wins,
        changes_go_live_in_their_order,
    },
    lists::{
        a_list_comes_in_pages,
        a_search_finds_names_and_ids,
        serving_endpoints_name_what_clients_can_send,
    },
    validate::{
        validation_says_what_saving_would_and_saves_nothing,
        a_saved_balancer_is_judged_as_its_edit,
    },
    api_keys::{
        a_key_is_shown_once,
        a_revoked_key_is_gone,
        a_scope_is_judged,
        a_deleted_balancer_leaves_every_scope,
    },
    requests::{
        a_call_is_shown_as_the_contract_says,
        filters_and_pages_go_together,
        a_balancer_is_found_by_its_serving_name,
        what_cannot_be_asked_for_is_told_with_its_path,
        ten_thousand_calls_are_paged_at_once,
    },
    request_log::{
        an_answered_call_is_kept_with_all_that_its_headers_said,
        a_failed_over_and_a_failed_call_are_kept_with_every_attempt,
        a_stream_that_breaks_off_is_kept_as_what_it_was,
        a_caller_who_leaves_is_kept_as_499,
        a_refused_call_is_kept_with_what_was_known_of_it,
        neither_prompt_nor_answer_nor_key_is_kept,
    },
    log_pages::{
        the_log_is_paged_and_filtered_by_its_address,
        a_call_is_shown_whole,
        a_balancer_shows_what_it_decided_last,
    },
    evaluation::{
        prompts_are_run_in_the_background_and_scored,
        what_cannot_be_taken_comes_back_with_its_lines,
        a_run_is_stopped_and_keeps_what_it_found,
        a_draft_is_evaluated_and_hands_its_prompts_on,
        viewers_only_look,
    },
    feed::{
        a_change_right_after_a_tab_opened_is_told,
        an_open_tab_hears_of_calls_changes_and_health,
        the_feed_is_for_sessions_and_ends_with_them_or_with_the_server,
    },
    past::{
        each_revision_tells_what_it_changed,
        a_balancer_goes_back_to_what_it_was,
        a_way_back_is_judged_as_any_save,
        the_audit_log_is_for_admins,
        the_page_goes_back_without_scripting,
    },
    transfer::{
        an_export_goes_into_an_empty_store_and_comes_out_the_same,
        an_import_is_one_change_with_its_traces,
        a_dry_run_tells_the_same_and_changes_nothing,
        one_fault_keeps_all_of_a_document_out,
        names_may_change_hands_within_a_document,
        a_key_in_a_document_is_sealed_and_never_told,
        a_key_that_is_stored_already_changes_nothing,
        an_import_takes_the_roles_that_each_edit_takes,
        demo_instances_travel_without_an_address,
        a_change_of_another_process_goes_live,
    },
    history::{
        each_change_leaves_a_revision_and_an_audit_row,
        a_refused_change_leaves_nothing,
    },
}
