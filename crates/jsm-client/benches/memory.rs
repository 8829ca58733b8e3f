//! How much memory listing takes at its peak, over lists of growing length: it should not grow with them.
//!
//! The server's pages are in the figures, a constant that both ways of listing share.

mod listen;
mod loops;
mod server;

use peak_alloc::PeakAlloc;

use loops::{PAGE, by_hand, ours};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The peak of what a function takes, over what was there before, in KiB.
fn peak(list: impl FnOnce() -> usize, users: usize) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    assert_eq!(list(), users);
    MEMORY.peak_usage().saturating_sub(before) / 1024
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    println!("{:>9} {:>12} {:>12} {:>12}", "users", "by hand", "jsm-client", "prefetch 4");
    for users in [1_000, 10_000, 100_000, 1_000_000] {
        let server = server::start_vast(users, PAGE);
        let ours = |in_flight| runtime.block_on(ours(&server.url, in_flight));
        // The first client settles which TLS the process uses; the loop by hand relies on that.
        let sequential = peak(|| ours(1), users);
        let ahead = peak(|| ours(4), users);
        let hand = peak(|| runtime.block_on(by_hand(&server.url)), users);
        println!("{users:>9} {hand:>8} KiB {sequential:>8} KiB {ahead:>8} KiB");
    }
}
