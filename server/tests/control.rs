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
#[path = "support/raw_upstream.rs"]
mod raw_upstream;

mod control {
    pub(crate) mod desk;
    pub(crate) mod samples;

    pub(crate) mod api_keys;
    pub(crate) mod conflicts;
    pub(crate) mod connections;
    pub(crate) mod edits;
    pub(crate) mod evaluation;
    pub(crate) mod faults;
    pub(crate) mod feed;
    pub(crate) mod history;
    pub(crate) mod lists;
    pub(crate) mod log_pages;
    pub(crate) mod objects;
    pub(crate) mod races;
    pub(crate) mod request_log;
    pub(crate) mod requests;
    pub(crate) mod revisions;
    pub(crate) mod seed;
    pub(crate) mod transfer;
    pub(crate) mod validate;

    mod account;
    mod audit_export;
    mod authentication;
    mod away;
    mod board;
    mod bodies;
    mod canary;
    #[cfg(debug_assertions)]
    mod components;
    mod cross_site;
    mod decision_models;
    mod discovery;
    mod doors;
    mod engine;
    mod forms;
    mod headers;
    mod import_files;
    mod import_pages;
    mod invitations;
    mod key_limits;
    mod learned;
    mod memory;
    mod metrics;
    mod misplaced_calls;
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
        creating_an_object_returns_it_completely,
        callers_can_choose_ids,
        ids_are_derived_from_names,
        deleting_an_object_removes_it_completely,
        unknown_objects_are_not_found,
    },
    edits::{
        a_replacement_is_the_next_revision,
        a_patch_changes_what_it_names,
        what_was_read_can_be_put_back,
        an_edit_carries_its_revision,
        the_upstream_key_is_kept_removed_or_replaced,
    },
    seed::{
        the_sample_target_group_is_accepted_unchanged,
        references_by_name_are_stored_as_ids,
    },
    faults::{
        every_fault_is_told_at_once,
        a_default_route_is_required,
        an_address_that_must_not_be_called_is_refused,
        what_others_rely_on_cannot_be_changed,
    },
    connections::{
        header_values_are_kept_by_null_and_removed_by_absence,
        a_changed_origin_drops_what_was_entered_for_the_old_one,
        a_document_has_names_and_an_import_may_bring_values,
    },
    conflicts::{
        a_stale_edit_is_refused_with_the_current_object,
        a_taken_name_or_id_is_refused,
        objects_in_use_cannot_be_deleted,
    },
    races::{
        one_of_200_parallel_creations_of_a_serving_name_succeeds,
        one_of_several_parallel_edits_of_a_revision_succeeds,
        changes_take_effect_in_order,
        a_new_key_is_shown_by_one_of_many_requests,
    },
    lists::{
        lists_are_paginated,
        searches_match_names_and_ids,
        serving_endpoints_list_the_names_that_clients_can_use,
    },
    validate::{
        validate_reports_what_saving_would_and_saves_nothing,
        a_saved_balancer_is_validated_as_an_edit,
    },
    api_keys::{
        a_key_is_shown_once,
        revoking_a_key_takes_effect_at_once,
        scopes_are_validated,
        deleting_a_balancer_removes_it_from_every_scope,
    },
    requests::{
        a_logged_call_has_the_documented_fields,
        filters_apply_to_every_page,
        a_balancer_is_found_by_its_serving_name,
        invalid_query_parameters_are_reported,
        pages_of_ten_thousand_calls_are_fast,
    },
    request_log::{
        a_call_is_logged_with_the_facts_in_its_headers,
        failed_and_failed_over_calls_are_logged_with_every_attempt,
        a_truncated_stream_is_logged_as_truncated,
        a_disconnected_caller_is_logged_as_499,
        a_refused_call_is_logged_with_what_is_known_of_it,
        prompts_answers_and_keys_are_not_logged,
    },
    log_pages::{
        the_request_log_is_paginated_and_filtered_by_the_query,
        a_request_page_shows_the_complete_call,
        a_balancer_page_shows_its_latest_decisions,
    },
    evaluation::{
        an_evaluation_runs_in_the_background_and_is_scored,
        invalid_prompts_are_returned_with_their_line_numbers,
        confidence_is_scored_and_runs_are_compared_prompt_by_prompt,
        a_stopped_run_keeps_its_results,
        a_draft_can_be_evaluated_by_its_owner_only,
        viewers_cannot_evaluate,
    },
    feed::{
        a_change_right_after_a_tab_opened_is_told,
        an_open_tab_hears_of_calls_changes_and_health,
        the_feed_is_for_sessions_and_ends_with_them_or_with_the_server,
    },
    revisions::{
        each_revision_lists_its_changes,
        a_balancer_is_rolled_back_to_an_earlier_revision,
        a_rollback_is_validated_like_any_edit,
        the_audit_log_is_for_admins,
        the_history_page_rolls_back_without_scripting,
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
