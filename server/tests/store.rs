//! The contract of the store: one list of rules, each a test of its own on a real SQLite file and on a real
//! Postgres. The server for the second half is named by `SMART_BALANCER_TEST_POSTGRES`; without it that half fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod store {
    pub(crate) mod calls;
    pub(crate) mod home;
    pub(crate) mod samples;

    pub(crate) mod api_keys;
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
        an_update_replaces_all_but_id_and_birth,
        what_is_not_there_is_not_found,
        what_is_told_of_a_key_comes_from_the_sealed_key_alone,
        odd_text_is_kept_as_it_is,
    },
    names::{
        names_are_unique,
        serving_names_are_unique,
        ids_are_unique,
        the_name_is_told_first_and_the_id_last,
        a_change_to_a_taken_name_is_refused,
        a_freed_name_can_be_taken_again,
        of_200_parallel_inserts_of_a_serving_name_one_wins,
    },
    references::{
        what_a_group_refers_to_stays,
        what_a_balancer_refers_to_stays,
        what_is_no_longer_referred_to_can_go,
        a_reference_to_nothing_is_refused,
        the_same_destination_may_stand_many_times,
    },
    writes::{
        a_dropped_write_leaves_nothing,
        a_write_with_an_error_cannot_be_committed,
        no_parallel_change_is_lost,
        a_reader_sees_whole_writes_only,
        reading_goes_on_beside_a_write,
        a_write_that_gets_no_turn_is_unavailable_and_the_next_one_works,
    },
    history::{
        revision_and_audit_stand_and_fall_with_their_change,
        revisions_come_newest_first_in_pages,
        a_revision_has_one_number,
        revisions_go_with_their_object,
        audit_rows_come_newest_first_in_pages,
    },
    api_keys::{
        a_key_is_forgotten_at_once,
        a_balancer_leaves_every_scope,
        last_uses_are_noted_together_and_never_go_back,
    },
    people::{
        a_user_is_found_without_regard_to_case,
        people_are_listed_changed_and_removed,
        sessions_of_somebody_are_listed_and_ended,
        an_invitation_works_once_and_in_time,
        what_is_sealed_is_found_with_its_place_and_replaced,
        an_admin_is_noticed,
        a_session_lives_until_it_is_ended,
        old_sessions_are_deleted,
        the_set_up_token_works_once_and_in_time,
        set_up_tokens_of_replicas_stand_beside_each_other_within_a_bound,
        of_parallel_set_ups_one_wins,
        single_facts_are_replaced,
    },
    drafts::{
        a_draft_reads_back_and_is_kept_over_itself,
        drafts_of_others_are_out_of_reach,
        beyond_fifty_drafts_the_oldest_goes,
    },
    flash_messages::{
        a_flash_message_is_read_by_its_user_alone_and_within_its_time,
        the_oldest_flash_messages_of_a_user_go_beyond_count_and_bytes,
        old_flash_messages_are_deleted,
    },
    requests::{
        a_call_reads_back_as_it_was_written,
        a_batch_that_is_sent_twice_is_kept_once,
        calls_come_newest_first_in_pages,
        every_filter_finds_its_calls_and_no_others,
        the_oldest_go_first_and_in_pieces,
        ten_thousand_calls_are_paged_at_once,
        who_saves_something_waits_for_a_batch_or_two,
        calls_of_any_moment_are_kept,
        traffic_is_of_one_balancer_and_bounded,
    },
    evaluations::{
        prompts_read_back_and_are_kept_over_themselves,
        runs_come_newest_first_and_the_oldest_go,
        what_a_draft_had_is_handed_on_once,
        what_belongs_to_nothing_is_deleted,
    },
    schema::{
        opening_again_changes_nothing,
        processes_that_start_together_make_one_schema,
        a_newer_schema_is_refused,
        a_changed_migration_is_refused,
    },
}
