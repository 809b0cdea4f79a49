//! Moves between the roads behind open doors: one that was left to the archive, or was broken off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use varanto_app::App;

/// How soon a move that was broken off is gone on with.
const AGAIN: Duration = Duration::from_secs(30);

/// Whether the work is this program's still: not any more once it is waited for no longer.
#[derive(Default)]
struct Mine(Arc<AtomicBool>);

impl Drop for Mine {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Goes on with every move that was begun and not ended, until none is left; one that is waited for no longer ends after the
/// relationship that is being moved. Source: REL-7, OPS-2.
pub async fn go_on(app: App) {
    loop {
        let (moving, mine) = (app.clone(), Mine::default());
        let over = Arc::clone(&mine.0);
        let work = move || moving.go_on_with_moves(&|| !over.load(Ordering::Relaxed));
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(done)) => {
                for (controller, summary) in done {
                    let varanto_app::roads::MoveSummary { moved, refused, .. } = summary;
                    tracing::info!(%controller, moved, refused, "relationships were moved");
                }
                return;
            }
            Ok(Err(error)) => tracing::warn!(%error, "a move of relationships was broken off"),
            // What broke down once would so again; the next opening goes on.
            Err(error) => return tracing::error!(%error, "a move of relationships broke down"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
