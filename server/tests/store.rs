//! The contract of the store: one list of rules, each a test of its own on a real SQLite file and on a real
//! Postgres. The server for the second half is named by `SMART_BALANCER_TEST_POSTGRES`; without it that half fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod store {
    pub(crate) mod calls;
    pub(crate) mod home;
    pub(crate) mod samples;

    pub(crate) mod api_keys;
    pub(crate) mod call_totals;
    pub(crate) mod drafts;
    pub(crate) mod evaluations;
    pub(crate) mod flash_messages;
    pub(crate) mod history;
    pub(crate) mod names;
    pub(crate) mod objects;
    pub(crate) mod people;
    pub(crate) mod references;
    pub(crate) mod requests;
    pub(crate) mod schema;
    pub(crate) mod writes;

    mod postgres_server;
    mod request_log;
    mod sqlite_file;
}

/// Makes each rule a test for each engine.
macro_rules! contract {
    ($($area:ident :: { $($rule:ident),* $(,)? }),* $(,)?) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::store::home::on_sqlite(|home| async move { crate::store::$area::$rule(&home).await }).await;
                }
            )*)*
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::store::home::on_postgres(|home| async move { crate::store::$area::$rule(&home).await })
                        .await;
                }
            )*)*
        }
    };
}

contract! {
    objects::{
        everything_reads_back_as_it_was_written,
        an_update_replaces_everything_but_id_and_creation_time,
        unknown_objects_are_not_found,
        the_key_state_derives_only_from_the_sealed_key,
        odd_text_is_stored_unchanged,
        what_is_read_over_an_earlier_configuration_is_what_is_stored,
    },
    names::{
        names_are_unique,
        serving_names_are_unique,
        ids_are_unique,
        a_taken_name_is_reported_before_a_taken_id,
        a_change_to_a_taken_name_is_refused,
        a_freed_name_can_be_taken_again,
        one_of_200_parallel_inserts_of_a_serving_name_succeeds,
    },
    references::{
        instances_in_a_group_cannot_be_deleted,
        destinations_of_a_balancer_cannot_be_deleted,
        unreferenced_objects_can_be_deleted,
        dangling_references_are_refused,
        a_destination_can_be_used_several_times,
    },
    writes::{
        a_dropped_write_changes_nothing,
        a_write_with_an_error_cannot_be_committed,
        parallel_changes_are_not_lost,
        readers_see_only_complete_writes,
        reading_continues_during_a_write,
        a_write_that_cannot_get_the_lock_is_unavailable_and_a_later_one_works,
    },
    history::{
        revisions_and_audit_rows_are_committed_with_their_change,
        revisions_are_paginated_newest_first,
        revision_numbers_are_unique,
        revisions_are_deleted_with_their_object,
        audit_rows_are_paginated_newest_first,
    },
    api_keys::{
        deleting_a_key_removes_it_at_once,
        removing_a_balancer_from_scopes_reaches_every_key,
        last_uses_are_written_together_and_never_move_back,
    },
    people::{
        users_are_found_regardless_of_case,
        people_are_listed_changed_and_removed,
        sessions_of_a_user_are_listed_and_deleted,
        an_invitation_works_once_and_in_time,
        sealed_values_are_found_with_their_place_and_replaced,
        has_admin_detects_an_admin,
        a_session_exists_until_it_is_deleted,
        old_sessions_are_deleted,
        the_set_up_token_works_once_and_in_time,
        set_up_tokens_of_replicas_stand_beside_each_other_within_a_bound,
        one_of_several_parallel_set_ups_succeeds,
        single_values_are_overwritten,
    },
    drafts::{
        a_draft_reads_back_and_overwrites_itself,
        a_draft_that_was_kept_meanwhile_is_not_overwritten,
        drafts_of_other_users_are_inaccessible,
        the_oldest_draft_over_fifty_is_deleted,
    },
    flash_messages::{
        a_flash_message_is_read_by_its_user_alone_and_within_its_time,
        one_of_many_takers_gets_a_flash_message,
        the_oldest_flash_messages_of_a_user_go_beyond_count_and_bytes,
        old_flash_messages_are_deleted,
    },
    call_totals::{
        calls_add_up_by_minute_and_hour,
        a_batch_that_is_written_twice_counts_once,
        sums_go_after_their_time,
    },
    requests::{
        a_call_reads_back_as_it_was_written,
        a_batch_written_twice_is_stored_once,
        a_call_without_anything_special_reads_back_from_few_columns,
        calls_of_an_earlier_version_are_moved,
        texts_that_no_call_can_refer_to_are_deleted,
        calls_are_paginated_newest_first,
        each_filter_finds_exactly_its_calls,
        the_oldest_calls_are_deleted_first_in_batches,
        pages_of_ten_thousand_calls_are_fast,
        a_save_waits_for_two_log_batches_at_most,
        calls_with_any_timestamp_are_stored,
        traffic_is_limited_to_one_balancer_and_bounded,
        sure_decisions_are_the_newest_of_one_balancer_with_a_confidence,
    },
    evaluations::{
        prompts_read_back_and_overwrite_themselves,
        runs_are_listed_newest_first_and_the_oldest_are_deleted,
        evaluations_of_a_draft_move_to_its_balancer_once,
        stray_evaluations_are_deleted,
        the_progress_of_a_run_is_shared_until_it_ends,
        the_next_run_of_a_subject_replaces_the_one_before,
        a_run_under_way_moves_with_its_draft,
    },
    schema::{
        opening_again_changes_nothing,
        processes_that_start_together_create_one_schema,
        a_newer_schema_is_refused,
        a_changed_migration_is_refused,
        old_defaults_are_lifted_and_nothing_else_is,
    },
}
