//! Taking connections one after the other, with exponential backoff where that fails.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long to wait after a connection could not be taken. It doubles with each failure in a row.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Takes connections until the future is dropped, and hands on each.
///
/// Where the process has no file descriptors left, the error comes again at once until some are closed.
pub(crate) async fn accept_all<S>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>>,
    mut hand_on: impl FnMut(S),
) -> Infallible {
    let mut pause = SHORTEST_PAUSE;
    loop {
        match poll_fn(&mut accept).await {
            Ok(stream) => {
                pause = SHORTEST_PAUSE;
                hand_on(stream);
            }
            Err(_) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::Instant;

    use super::*;

    /// `EMFILE` on Linux and macOS: too many open files.
    const TOO_MANY_FILES: i32 = 24;

    #[tokio::test(start_paused = true)]
    async fn a_process_without_file_descriptors_backs_off_and_recovers() {
        let start = Instant::now();
        let mut attempts = Vec::new();
        let taken = RefCell::new(Vec::new());
        let accept = |_: &mut Context<'_>| {
            if attempts.len() == 14 {
                return Poll::Pending;
            }
            attempts.push(start.elapsed().as_millis());
            match attempts.len() {
                12 => Poll::Ready(Ok("a connection")),
                _ => Poll::Ready(Err(io::Error::from_raw_os_error(TOO_MANY_FILES))),
            }
        };
        let all = accept_all(accept, |stream| taken.borrow_mut().push(stream));
        assert!(tokio::time::timeout(Duration::from_secs(60), all).await.is_err());
        // The pause doubles up to half a second, and begins anew once a connection was taken.
        assert_eq!(attempts, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1_011, 1_511, 1_511, 1_512]);
        assert_eq!(taken.into_inner(), ["a connection"]);
    }
}
