//! Moves between the roads behind open doors: one that was left to the archive, or was broken off.

use varanto_app::App;

/// Goes on with every move that was begun and not ended. Source: REL-7.
pub async fn go_on(app: App) {
    match tokio::task::spawn_blocking(move || app.go_on_with_moves()).await {
        Ok(Ok(done)) => {
            for (controller, summary) in done {
                let varanto_app::roads::MoveSummary { moved, refused, .. } = summary;
                tracing::info!(%controller, moved, refused, "relationships were moved");
            }
        }
        // The next opening goes on.
        Ok(Err(error)) => tracing::warn!(%error, "a move of relationships was broken off"),
        Err(error) => tracing::error!(%error, "a move of relationships broke down"),
    }
}
