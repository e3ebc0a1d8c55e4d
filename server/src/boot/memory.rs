//! Keeps the process as small as what it uses: freed memory goes back to the system, also while nothing is called.

use std::{hint::black_box, time::Duration};

/// Pause between two turns; the allocator keeps what was freed for a second, in case that it is used again.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes of the block that wakes the allocator: more than it keeps in a page with others, so freeing it frees a page.
const BLOCK_BYTES: usize = 1 << 20;

/// Has memory mapped in pages of 4 KiB, as it is touched. With huge pages each first touch takes 2 MiB, most of which is
/// never used; calls are no faster with them.
pub fn use_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay in use, so more memory does");
    }
}

/// Gives freed memory back for as long as it is polled. The allocator does so by itself only when pages of it are freed
/// later: what a burst, a long body or a password's hash leaves behind would otherwise stay for as long as the server is
/// idle.
pub async fn give_back() {
    let mut turns = tokio::time::interval(PAUSE);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        // Reserved and never touched: what it costs is a few system calls.
        drop(black_box(Vec::<u8>::with_capacity(BLOCK_BYTES)));
    }
}
