//! `varanto serve`: the archive behind its doors, until it is told to end.

use std::sync::Arc;

use axum::Router;

use super::{Context, Failure};
use crate::clock::MachineClock;
use crate::opening::Opening;
use crate::{running, server};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    running::start_log(&context.config.log);
    runtime()?.block_on(serve(context))
}

/// The runtime of the doors.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn serve(context: &Context) -> Result<(), Failure> {
    let opening = Opening::prepare(context.config.clone(), Arc::new(MachineClock), |_, _, _| None)?;
    let doors = opening.doors.clone();
    let authority = opening.authority.authority_file();
    let server = opening.open(Router::new())?;
    for address in server.addresses() {
        tracing::info!(%address, "listening");
    }
    tracing::info!(base = doors.base, authority = %authority.display(), "the archive is open");
    server::told_to_end().await;
    tracing::info!("ending");
    doors.end();
    server.end().await;
    doors.tell_turned_away(true).await;
    doors.app.clone().close();
    Ok(())
}
