//! Moves between the roads behind open doors: one that was left to the archive, or was broken off.

use std::time::Duration;

use varanto_app::App;

/// How soon a move that was broken off is gone on with.
const AGAIN: Duration = Duration::from_secs(30);

/// Goes on with every move that was begun and not ended, until none is left. Source: REL-7.
pub async fn go_on(app: App) {
    loop {
        let moving = app.clone();
        match tokio::task::spawn_blocking(move || moving.go_on_with_moves()).await {
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
