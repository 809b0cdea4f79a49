//! The work in the background, done by one server at a time where several are open over one database.
//!
//! Whoever leads holds a lock of the database by a connection that lasts as long as the program; when the program ends or
//! is killed, the next one has the lock within seconds. In the moment of the change two may do the same: a move looks
//! again, in its own turn of writing, whether it is still to be done, and a client who is asked about twice is as well
//! known as one who is asked about once.
//!
//! Source: OPS-1, OPS-2; design D13.

use std::future::pending;
use std::time::Duration;

use varanto_app::{App, AppError, Lead};
use varanto_domain::access::sessions::SessionLimits;

use crate::login::sessions::clear;
use crate::{moving, population_register};

/// How often it is tried to take the lead, and looked whether it is still held.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Does the work in the background for as long as the lead is held, and takes it again when it was lost. It gives way to
/// those who wait for an answer. `register`: how
/// many clients the population register is asked about at once, where one is connected; `sessions`: how long those of people
/// last.
pub(crate) async fn go_on(app: App, register: Option<usize>, sessions: SessionLimits) {
    let app = app.giving_way();
    loop {
        let lead = take(&app).await;
        tracing::info!("this server does the work in the background");
        metrics::gauge!("varanto_leads").set(1.0);
        let asking = async {
            match register {
                Some(batch) => population_register::go_on(app.clone(), batch).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = async { tokio::join!(moving::go_on(app.clone()), asking, clear(app.clone(), sessions)); } => {}
            () = lost(lead) => {}
        }
        // Who leads next tells how many are due.
        metrics::gauge!("varanto_persons_due").set(0.0);
        tracing::warn!("the lead in the background was lost; another server may have it");
    }
}

/// Waits until this program leads.
async fn take(app: &App) -> Lead {
    metrics::gauge!("varanto_leads").set(0.0);
    let mut asking = None;
    loop {
        let (app, asked) = (app.clone(), asking.take());
        let answer = tokio::task::spawn_blocking(move || {
            let lead = match asked {
                Some(lead) => lead,
                None => app.ask_for_lead()?,
            };
            Ok::<_, AppError>((lead.take()?, lead))
        });
        match answer.await {
            Ok(Ok((true, lead))) => return lead,
            Ok(Ok((false, lead))) => asking = Some(lead),
            Ok(Err(error)) => tracing::warn!(%error, "who leads in the background is not known"),
            Err(error) => tracing::error!(%error, "asking who leads broke down"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until the lead is held no more.
async fn lost(mut lead: Lead) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let asked = tokio::task::spawn_blocking(move || (lead.lasts(), lead)).await;
        match asked {
            Ok((true, held)) => lead = held,
            Ok((false, _)) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use varanto_app::AppOptions;
    use varanto_app::sessions::{SessionOwner, SessionSeen};
    use varanto_domain::time::{Clock, Instant};

    use super::*;

    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> Instant {
            Instant::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    /// ACC-1, OPS-1: whoever leads clears away the sessions that have ended, and none that may last.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_leads_clears_away_what_has_ended() {
        const HOUR: i64 = 60 * 60 * 1000;
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let options = AppOptions::in_folder(folder.path());
        let app = App::open(&options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let owner = SessionOwner::Professional("aino".to_owned());
        let ended = app.begin_session(&owner, Vec::new(), None).unwrap();
        clock.0.fetch_add(20 * HOUR, Ordering::SeqCst);
        let lasts = app.begin_session(&owner, Vec::new(), None).unwrap();
        // What is there at all, whether or not it lasts.
        let for_ever = SessionLimits { idle: i64::MAX, whole: i64::MAX };
        let is_kept =
            |secret| matches!(app.find_session(secret, for_ever).unwrap(), SessionSeen::Lasts(_));
        assert!(is_kept(&ended));
        let limits = SessionLimits { idle: HOUR / 2, whole: 10 * HOUR };
        let leading = tokio::spawn(go_on(app.clone(), None, limits));
        let begun = std::time::Instant::now();
        while is_kept(&ended) {
            assert!(begun.elapsed() < Duration::from_mins(1), "nobody clears it away");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(is_kept(&lasts));
        leading.abort();
    }
}
